import { type AgentSnapshot, narrowRights, type Rights, rightsOfAgent } from '@guildhall/contracts'
import type { Task } from './task.entity.js'

/** What a run of this agent for this task may do: what the task holds, of that what the agent has. */
export function runRights(task: Pick<Task, 'rights'>, { config }: Pick<AgentSnapshot, 'config'>): Rights {
  return narrowRights(task.rights, rightsOfAgent(config)).granted
}

/** How long a run may take, in milliseconds, at least 1. */
export function runTimeoutMs(timeoutMs: number, { budget }: Pick<Rights, 'budget'>): number {
  return Math.max(1, Math.min(timeoutMs, budget.wallMs ?? timeoutMs))
}
