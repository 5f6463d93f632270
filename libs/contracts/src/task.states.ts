/** The states of a task on the wire. `blocked` and `delayed` wait for other tasks and for a time. */
export const taskStates = [
  'submitted',
  'blocked',
  'delayed',
  'matching',
  'awaiting-approval',
  'scheduled',
  'running',
  'completed',
  'failed',
  'canceled',
  'rejected',
] as const
export type TaskState = (typeof taskStates)[number]

export const terminalTaskStates = ['completed', 'failed', 'canceled', 'rejected'] as const
export type TerminalTaskState = (typeof terminalTaskStates)[number]

/** Terminal states are final: nothing follows them. */
export function isTerminal(state: TaskState): state is TerminalTaskState {
  return (terminalTaskStates as readonly string[]).includes(state)
}
