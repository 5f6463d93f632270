import { type AgentCandidate, AgentChoose, AgentPropose, AgentRegister } from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import type { Task } from '../task.entity.js'
import type { TaskLifecycle } from '../task.lifecycle.js'
import { originOf } from './approval.announcing.js'
import type { Decision } from './approval.decision.js'
import type { Approval } from './approval.entity.js'
import { chosenCandidate } from './approval.options.js'

/** What will happen when a person chooses: one of these gets the task. */
export interface ChoiceSubject {
  goal: string
  candidates: AgentCandidate[]
}

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
  if (kind !== 'new-agent' && kind !== 'agent-choice') return
  const origin = originOf(approval, causationid)
  if (state === 'approved') {
    if (kind === 'new-agent') {
      hire(tx, approval, causationid)
      return
    }
    // The registry answers as it does to any task that is matched.
    if (await lifecycle.move(tx, task, 'matching', {}, origin)) choose(tx, approval, causationid)
    return
  }
  const what = kind === 'new-agent' ? 'the new agent' : 'the agents that may fit'
  const byPerson = {
    code: 'approval-refused',
    message: comment ?? `${decidedBy ?? 'a person'} refused ${what}`,
  }
  await lifecycle.move(tx, task, 'rejected', { error: error ?? byPerson }, origin)
}

function hire(tx: Transaction, approval: Approval, causationid: string | undefined): void {
  const { id, taskId, proposalId, digest, answer } = approval
  if (proposalId === null) throw new Error(`approval ${id} names no proposal`)
  const permanent = answer === 'permanent'
  tx.publish(AgentRegister, { taskId, proposalId, digest, permanent }, originOf(approval, causationid))
}

function choose(tx: Transaction, approval: Approval, causationid: string | undefined): void {
  const { id, taskId, match, answer } = approval
  if (!match) throw new Error(`approval ${id} names no match`)
  const origin = originOf(approval, causationid)
  const { matchId } = match
  if (answer === 'propose') {
    tx.publish(AgentPropose, { taskId, matchId }, origin)
    return
  }
  const { candidates } = approval.subject as ChoiceSubject
  const chosen = chosenCandidate(candidates, answer ?? '')
  if (!chosen) throw new Error(`approval ${id} has no candidate ${answer}`)
  tx.publish(
    AgentChoose,
    { taskId, matchId, agentId: chosen.agent.id, version: chosen.agent.version },
    origin,
  )
}
