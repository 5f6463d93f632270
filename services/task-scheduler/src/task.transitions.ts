import type { TaskState } from '@guildhall/contracts'

/**
 * Which state may follow which. Messages come in any order and more than once, so a run may end before its start was
 * heard of; whatever this table does not allow came too late and changes nothing.
 */
const followers: Record<TaskState, readonly TaskState[]> = {
  submitted: ['blocked', 'delayed', 'matching', 'canceled'],
  blocked: ['matching', 'failed', 'canceled'],
  delayed: ['matching', 'scheduled', 'canceled'],
  matching: ['awaiting-approval', 'scheduled', 'rejected', 'canceled'],
  'awaiting-approval': ['matching', 'scheduled', 'rejected', 'canceled'],
  scheduled: ['running', 'scheduled', 'completed', 'failed', 'canceled'],
  running: ['scheduled', 'completed', 'failed', 'canceled'],
  completed: [],
  failed: [],
  canceled: [],
  rejected: [],
}

export function mayFollow(from: TaskState, to: TaskState): boolean {
  return followers[from].includes(to)
}
