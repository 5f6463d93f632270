import { type AgentChoose, type AgentRefusal, allowsFunction, noRights } from '@guildhall/contracts'
import type { CurrentAgent } from '../agents/agent.views.js'
import type { MatchDecision } from './match-decision.entity.js'

/** A decision that waits for the answer about this task, or why there is none. */
export function answerable<D extends Pick<MatchDecision, 'taskId' | 'outcome' | 'answer'>>(
  taskId: string,
  decision: D | null,
): D | AgentRefusal {
  if (!decision || decision.taskId !== taskId) {
    return { code: 'match-not-found', message: 'the registry made no such match decision for this task' }
  }
  if (decision.outcome !== 'uncertain' || decision.answer !== null) {
    return { code: 'match-settled', message: 'this match decision does not wait for an answer' }
  }
  return decision
}

/**
 * The agent that a person chose, or why it does not get the task: it must have been offered, be what the person was
 * shown, still take tasks, and do no more than the requester may.
 */
export function chosenAgent(
  { agentId, version }: Pick<AgentChoose, 'agentId' | 'version'>,
  { evidence, requester }: Pick<MatchDecision, 'evidence' | 'requester'>,
  current: CurrentAgent | undefined,
): CurrentAgent | AgentRefusal {
  if (!evidence?.candidates.some(({ agent }) => agent.id === agentId && agent.version === version)) {
    return { code: 'agent-not-offered', message: 'this agent was not among those to choose from' }
  }
  if (current?.agent.state !== 'active' || current.version.version !== version) {
    return {
      code: 'agent-gone',
      message: 'the agent was retired or changed since the question: hand in the task again',
    }
  }
  const rights = requester?.rights ?? noRights
  if (!current.version.config.functions.every((name) => allowsFunction(rights, name))) {
    return { code: 'not-permitted', message: 'the agent may do more than the requester may let one do' }
  }
  return current
}
