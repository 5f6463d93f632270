import type { ApprovalKind } from '@guildhall/contracts'
import { In, type Transaction } from '@guildhall/mysql'
import { announceDecision } from './approval.announcing.js'
import { Approval } from './approval.entity.js'
import { votesOn } from './vote.repository.js'

/** Questions that have no sense without the task's current run. */
const ofTheRun: readonly ApprovalKind[] = ['function-call', 'unknown-effect', 'question']
/** Whether an agent is kept may be decided after its task. */
const ofTheTask: readonly ApprovalKind[] = [...ofTheRun, 'new-agent', 'agent-choice']

/**
 * Takes back what is pending about a task whose run or which itself has ended. The task's row is locked by the caller.
 * @param over what has ended
 */
export async function withdrawApprovals(
  tx: Transaction,
  taskId: string,
  over: 'run' | 'task',
  causationid?: string,
): Promise<void> {
  const pending = await tx.manager.find(Approval, {
    where: { taskId, state: 'pending', kind: In([...(over === 'run' ? ofTheRun : ofTheTask)]) },
    lock: { mode: 'pessimistic_write' },
  })
  for (const approval of pending) {
    const change = { state: 'withdrawn' as const, decidedAt: new Date() }
    await tx.manager.update(Approval, { id: approval.id }, change)
    announceDecision(tx, Object.assign(approval, change), await votesOn(tx.manager, approval.id), causationid)
  }
}
