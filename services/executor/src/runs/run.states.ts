export const runStates = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const
export type RunState = (typeof runStates)[number]

/** Every way of a run; whatever is not in here is refused. */
const transitions: Record<RunState, readonly RunState[]> = {
  queued: ['running', 'canceled'],
  running: ['succeeded', 'failed', 'canceled'],
  succeeded: [],
  failed: [],
  canceled: [],
}

export function isAllowed(from: RunState, to: RunState): boolean {
  return transitions[from].includes(to)
}

export function isFinished(state: RunState): boolean {
  return transitions[state].length === 0
}

/** What a request to cancel does to a run in this state: end it now, tell its executor, or nothing. */
export function onCancel(state: RunState): 'end' | 'tell' | 'ignore' {
  if (isFinished(state)) return 'ignore'
  return state === 'queued' ? 'end' : 'tell'
}
