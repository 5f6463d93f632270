import { AgentRegister } from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import type { Task } from '../task.entity.js'
import type { TaskLifecycle } from '../task.lifecycle.js'
import { originOf } from './approval.announcing.js'
import type { Decision } from './approval.decision.js'
import type { Approval } from './approval.entity.js'

/**
 * Goes on with a task that waited for a decided approval, its row locked. What a service asked by `approval.ask` it carries
 * out itself.
 */
export async function continueTask(
  tx: Transaction,
  lifecycle: TaskLifecycle,
  { approval, task }: { approval: Approval; task: Task },
  error: Decision['error'],
  causationid: string | undefined,
): Promise<void> {
  const { kind, state, decidedBy, comment } = approval
  if (task.state !== 'awaiting-approval' || state === 'superseded') return
  if (kind !== 'new-agent') return
  if (state === 'approved') {
    hire(tx, approval, causationid)
    return
  }
  const byPerson = {
    code: 'approval-refused',
    message: comment ?? `${decidedBy ?? 'a person'} refused the new agent`,
  }
  const origin = originOf(approval, causationid)
  await lifecycle.move(tx, task, 'rejected', { error: error ?? byPerson }, origin)
}

function hire(tx: Transaction, approval: Approval, causationid: string | undefined): void {
  const { id, taskId, proposalId, digest, answer } = approval
  if (proposalId === null) throw new Error(`approval ${id} names no proposal`)
  const permanent = answer === 'permanent'
  tx.publish(AgentRegister, { taskId, proposalId, digest, permanent }, originOf(approval, causationid))
}
