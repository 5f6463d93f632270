/** A step as the ledger has it. */
export interface RecordedState {
  index: number
  name: string
  kind: 'model-turn' | 'function-call'
  /** `asking`: nothing has happened yet. `waiting`: begun, and going on elsewhere. */
  state: 'asking' | 'intent' | 'waiting' | 'done'
  /** Whether doing the call twice is the same as doing it once. */
  repeatable: boolean
  /** A person allowed it, this once. */
  approved: boolean
  /** Whatever the run may write to: what it did outlives the run. */
  reachesOutside: boolean
}

export interface RunHistory {
  steps: readonly RecordedState[]
  /** The run may write to folders that outlive it. */
  writesOutside: boolean
  workspaceExists: boolean
  /** How often it began anew so far. */
  restarts: number
  /** How often an executor took it, this time included; hand-overs do not count. */
  claims: number
}

/**
 * - `begin`: from nothing, in a new workspace.
 * - `continue`: from the last finished step, in the workspace as it is; `repeat` names the open turns and calls to do
 *   again. Another open call is one that a person is asked about.
 * - `restart`: drop the recorded steps and the workspace, then from nothing.
 * - `give-up`: going on could do harm or never end.
 */
export type Recovery =
  | { way: 'begin' }
  | { way: 'continue'; repeat: number[] }
  | { way: 'restart' }
  | { way: 'give-up'; code: string; message: string }

export const maxRestarts = 3
export const maxClaims = 10

/**
 * How an executor goes on with a run that it takes. A call that was begun and has no outcome may have had its effect: it is
 * done again only where that cannot be seen from outside, and where a person did not allow it for once.
 */
export function decideRecovery(run: RunHistory): Recovery {
  const reachesOutside = (step: RecordedState) =>
    step.state !== 'asking' &&
    (step.reachesOutside || (!step.repeatable && (run.writesOutside || step.approved)))
  const open = run.steps.filter((step) => step.state === 'intent')
  const repeat = open.filter((step) => step.repeatable).map((step) => step.index)
  const mayHaveReachedOutside = run.steps.some(reachesOutside)
  const isAskedAbout = mayHaveReachedOutside && repeat.length < open.length
  if (run.workspaceExists && isAskedAbout) return { way: 'continue', repeat }
  const unknown = open.find((step) => !step.repeatable && reachesOutside(step))
  if (unknown) {
    return giveUp(
      'unknown-outcome',
      `the executor stopped during step ${unknown.index} (${unknown.name}), which may have had its effect, and the workspace ` +
        'of the run is gone. It is not done again by itself: look what it did, then submit the task anew.',
    )
  }
  if (run.claims > maxClaims) {
    return giveUp(
      'executor-failed',
      `${maxClaims} executors began or went on with this run and none ended it; see their logs`,
    )
  }
  if (run.steps.length === 0) return { way: 'begin' }
  if (run.workspaceExists && repeat.length === open.length) return { way: 'continue', repeat }
  if (mayHaveReachedOutside) {
    return giveUp(
      'workspace-lost',
      'the workspace of this run is gone, and its finished steps may have changed a writable folder: submit the task anew',
    )
  }
  if (run.restarts >= maxRestarts) {
    return giveUp(
      'restarted-too-often',
      `the executor stopped in the middle of this run ${maxRestarts + 1} times`,
    )
  }
  return { way: 'restart' }
}

function giveUp(code: string, message: string): Recovery {
  return { way: 'give-up', code, message }
}
