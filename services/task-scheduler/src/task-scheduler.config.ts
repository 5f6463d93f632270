import { Environment } from '@guildhall/service-defaults'

export abstract class TaskSchedulerConfig {
  /** How long a person may take to answer before the default answer (refuse) counts. */
  abstract readonly approvalDeadlineMs: number
  /** Whether whoever a question is asked for may answer it, where the policy says nothing. */
  abstract readonly requesterMayAnswer: boolean
  /** Attempts of a task that names no number. */
  abstract readonly defaultMaxAttempts: number
  /** Longest time of one run of a task that names none. */
  abstract readonly defaultTimeoutMs: number
  /** How often a task may be handed on: a run of a task at this depth may not hand anything on. */
  abstract readonly delegationDepth: number
}

/**
 * GUILDHALL_APPROVAL_DEADLINE_MS (default 24 hours), GUILDHALL_APPROVAL_REQUESTER_MAY_ANSWER (`true` or `false`, the
 * default), GUILDHALL_MAX_ATTEMPTS (3), GUILDHALL_TASK_TIMEOUT_MS (10 minutes),
 * GUILDHALL_DELEGATION_DEPTH (3; 0: no run hands anything on).
 */
export function readTaskSchedulerConfig(environment = Environment.fromProcess()): TaskSchedulerConfig {
  return {
    approvalDeadlineMs: environment.integer('GUILDHALL_APPROVAL_DEADLINE_MS', 24 * 3_600_000, 1),
    requesterMayAnswer: environment.json('GUILDHALL_APPROVAL_REQUESTER_MAY_ANSWER', false, isBoolean),
    defaultMaxAttempts: environment.integer('GUILDHALL_MAX_ATTEMPTS', 3, 1),
    defaultTimeoutMs: environment.integer('GUILDHALL_TASK_TIMEOUT_MS', 10 * 60_000, 1_000),
    delegationDepth: environment.integer('GUILDHALL_DELEGATION_DEPTH', 3, 0),
  }
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}
