import { approvalAnswers, type ApprovalView, type TaskView, traceIdOf } from '@guildhall/contracts'
import type { Approval } from './approval.entity.js'
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
      traceId: task.traceparent ? traceIdOf({ traceparent: task.traceparent }) : undefined,
    }),
  }
}

/** An approval as those who may answer see it. */
export function approvalView(approval: Approval): ApprovalView {
  return {
    id: approval.id,
    taskId: approval.taskId,
    kind: approval.kind,
    question: approval.question,
    state: approval.state,
    digest: approval.digest,
    proposal: approval.proposal,
    match: approval.match,
    answers: approvalAnswers,
    defaultAnswer: approval.defaultAnswer,
    deadline: approval.deadline.toISOString(),
    createdAt: approval.createdAt.toISOString(),
    ...present({
      answer: approval.answer,
      decidedBy: approval.decidedBy,
      decidedAt: approval.decidedAt?.toISOString(),
      comment: approval.comment,
    }),
  }
}

type Present<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** Leaves out what is null or undefined. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as Present<T>
}
