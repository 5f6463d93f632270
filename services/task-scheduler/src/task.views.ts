import { type AttemptView, type TaskView, traceIdOf } from '@guildhall/contracts'
import type { Attempt } from './attempt.entity.js'
import { present } from './present.values.js'
import type { Task } from './task.entity.js'

/** A task as its owner may see it. */
export function taskView(task: Task): TaskView {
  return {
    id: task.id,
    goal: task.goal,
    state: task.state,
    attempt: task.attempt,
    maxAttempts: task.maxAttempts,
    requiredSkills: task.match?.requiredSkills ?? [],
    missingSkills: task.match?.missingSkills ?? [],
    artifacts: task.artifacts,
    createdAt: task.createdAt.toISOString(),
    updatedAt: task.updatedAt.toISOString(),
    ...present({
      agent: task.agent?.ref,
      matchScore: task.match?.matchScore,
      result: task.result,
      error: task.error,
      approvalId: task.approvalId,
      parentTaskId: task.parentTaskId,
      traceId: task.traceparent ? traceIdOf({ traceparent: task.traceparent }) : undefined,
    }),
  }
}

/** A run as the task's owner may see it. */
export function attemptView(attempt: Attempt): AttemptView {
  const { runId, number, agent, state, error, createdAt, endedAt } = attempt
  return {
    runId,
    number,
    agent,
    state,
    createdAt: createdAt.toISOString(),
    ...present({ error, endedAt: endedAt?.toISOString() }),
  }
}
