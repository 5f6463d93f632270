import {
  DelegationEnded,
  type MessageOrigin,
  nothingUsed,
  type RunUsage,
  type TerminalTaskState,
} from '@guildhall/contracts'
import { In, type EntityManager, type Transaction } from '@guildhall/mysql'
import { Attempt } from './attempt.entity.js'
import { present } from './present.values.js'
import type { Task } from './task.entity.js'

/** Tells the run that handed a task on how it ended, and what all of its runs used up; nothing for any other task. */
export async function sayDelegationEnded(tx: Transaction, task: Task, origin: MessageOrigin): Promise<void> {
  const { id, parentTaskId, parentRunId, result, error, artifacts } = task
  if (parentTaskId === null || parentRunId === null) return
  const used = (await usageOf(tx.manager, [id])).get(id) ?? nothingUsed
  const ended = {
    taskId: parentTaskId,
    runId: parentRunId,
    delegatedTaskId: id,
    state: task.state as TerminalTaskState,
    ...present({ result, error }),
    artifacts,
    used,
  }
  tx.publish(DelegationEnded, ended, { ...origin, subject: parentTaskId })
}

/** What the runs of these tasks used up, as far as they have said. */
export async function usageOf(
  manager: EntityManager,
  taskIds: readonly string[],
): Promise<Map<string, RunUsage>> {
  if (taskIds.length === 0) return new Map()
  const attempts = await manager.findBy(Attempt, { taskId: In([...taskIds]) })
  const usage = new Map<string, RunUsage>()
  for (const { taskId, used } of attempts) {
    if (used) usage.set(taskId, sum(usage.get(taskId) ?? nothingUsed, used))
  }
  return usage
}

function sum(one: RunUsage, other: RunUsage): RunUsage {
  return {
    tokens: one.tokens + other.tokens,
    costUsd: one.costUsd + other.costUsd,
    modelCalls: one.modelCalls + other.modelCalls,
    calls: one.calls + other.calls,
  }
}
