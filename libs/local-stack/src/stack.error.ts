/** The local stack could not be started, reached or stopped. Everything it had started is gone when this is thrown. */
export class StackError extends Error {
  override readonly name = 'StackError'

  /**
   * @param step what was being done, as shown to the person: "Redis", "migrations", "service router"
   * @param message what went wrong
   * @param advice what to do next; the last lines of a log where a process failed
   */
  constructor(
    readonly step: string,
    message: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A supervisor is at work for this state directory already. */
export class AlreadyRunningError extends StackError {
  constructor(
    /** Process id of that supervisor. */
    readonly pid: number,
    readonly stateDir: string,
  ) {
    super(
      'start',
      `Guildhall is already running here (process ${pid}, state in ${stateDir}).`,
      'Use it as it is, or stop it first with `guildhall down`.',
    )
  }
}
