/**
 * The request itself is at fault (not found, not permitted, wrong state). The message is acknowledged and the
 * requester is answered with `request.refused {code, message, retryable}`. Nothing is retried.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  constructor(
    /** Stable, kebab-case, for programs: `task-not-found`. */
    readonly code: string,
    /** For people: what is wrong and what to do next. */
    message: string,
    readonly retryable = false,
  ) {
    super(message)
  }
}

/** The message can never be handled: it goes to the dead letters at once, without another try. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/**
 * What the handler depends on is away for now (a server restarts, is out of reach, takes nothing in): no fault of the
 * message. It stays pending and is tried again until the dependency is back; no attempt is counted, and it is never
 * given up for that reason.
 */
export class OutageError extends Error {
  override readonly name: string = 'OutageError'
}
