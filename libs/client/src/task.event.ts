import {
  type ApprovalDecided,
  type ApprovalRequested,
  type EventHeader,
  type RunProgressed,
  type TaskCanceled,
  type TaskCompleted,
  type TaskFailed,
  type TaskRejected,
  type TaskTransitioned,
  traceIdOf,
} from '@guildhall/contracts'

/** What a client hears about a task, by message type. */
export interface TaskNews {
  'task.transitioned': TaskTransitioned
  'approval.requested': ApprovalRequested
  'approval.decided': ApprovalDecided
  'run.progressed': RunProgressed
  'task.completed': TaskCompleted
  'task.failed': TaskFailed
  'task.canceled': TaskCanceled
  'task.rejected': TaskRejected
}

/** One decoded message about a task. */
export type TaskEvent = {
  [T in keyof TaskNews]: {
    type: T
    value: TaskNews[T]
    /** Message id: the same when the message is delivered again. */
    id: string
    /** Where the reading of the reply streams was; `follow(…, {fromId})` goes on after it. */
    position: string
    /** RFC 3339, when its producer made it. */
    at: string
    traceId?: string
  }
}[keyof TaskNews]

/** A task event that nothing follows. */
export type TaskEndEvent = Extract<
  TaskEvent,
  { type: 'task.completed' | 'task.failed' | 'task.canceled' | 'task.rejected' }
>

const newsTypes: Record<keyof TaskNews, true> = {
  'task.transitioned': true,
  'approval.requested': true,
  'approval.decided': true,
  'run.progressed': true,
  'task.completed': true,
  'task.failed': true,
  'task.canceled': true,
  'task.rejected': true,
}

/** The event that a message of the reply stream is, or undefined when it is no news of this task. */
export function taskEventOf(
  taskId: string,
  message: { position: string; header: EventHeader; data: string },
): TaskEvent | undefined {
  const { header, position } = message
  if (!Object.hasOwn(newsTypes, header.type) || header.subject !== taskId) return undefined
  const traceId = traceIdOf(header)
  return {
    type: header.type,
    value: JSON.parse(message.data) as unknown,
    id: header.id,
    position,
    at: header.time,
    ...(traceId && { traceId }),
  } as TaskEvent
}

const endTypes: readonly string[] = ['task.completed', 'task.failed', 'task.canceled', 'task.rejected']

/** Whether the event is the task's last. */
export function isTaskEnd(event: TaskEvent): event is TaskEndEvent {
  return endTypes.includes(event.type)
}
