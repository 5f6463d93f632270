/** The run cannot go on; becomes `run.failed`. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure'
  constructor(
    /** Stable, kebab-case, for programs: `function-failed`. */
    readonly code: string,
    /** For people: what went wrong and what to do next. */
    message: string,
    /** Whether another attempt could end better. Default false. */
    readonly retryable = false,
  ) {
    super(message)
  }
}

/**
 * Why a run's work stops. `timed-out` and `canceled` end the run; `lease-lost` and `handed-over` leave it to another
 * executor; `waiting` puts it aside until a person has answered, or a task has ended that it handed on.
 */
export type Interruption = 'timed-out' | 'canceled' | 'lease-lost' | 'handed-over' | 'waiting'

export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted'
  constructor(readonly reason: Interruption) {
    super(`the run was interrupted: ${reason}`)
  }
}
