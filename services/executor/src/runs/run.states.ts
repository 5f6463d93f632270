/** `waiting` for a person or for a task that it handed on, with nobody working on it; `answered`: to be worked on again. */
export const runStates = [
  'queued',
  'running',
  'waiting',
  'answered',
  'succeeded',
  'failed',
  'canceled',
] as const
export type RunState = (typeof runStates)[number]

/** Every way of a run; whatever is not in here is refused. */
const transitions: Record<RunState, readonly RunState[]> = {
  queued: ['running', 'canceled'],
  running: ['waiting', 'succeeded', 'failed', 'canceled'],
  waiting: ['answered'],
  answered: ['running'],
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

/**
 * What a request to cancel does to a run in this state: end it now, tell its executor, have one take it that clears away
 * what it left, or nothing.
 */
export function onCancel(state: RunState): 'end' | 'tell' | 'wake' | 'ignore' {
  if (isFinished(state)) return 'ignore'
  if (state === 'waiting') return 'wake'
  return state === 'queued' ? 'end' : 'tell'
}
