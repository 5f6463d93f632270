/** The router or a service would not do what was asked. */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError'
  constructor(
    /** Stable, kebab-case, for programs: `task-not-found`, `not-permitted`. */
    readonly code: string,
    message: string,
    /** Whether the same request may succeed later. */
    readonly retryable: boolean,
    /** Type of the refused message. */
    readonly requestType: string,
  ) {
    super(message)
  }
}

/** No answer came before the deadline. The request may still have had its effect: ask again with the same idempotency key. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError'
  constructor(
    readonly requestType: string,
    readonly timeoutMs: number,
  ) {
    super(
      `No answer to ${requestType} within ${timeoutMs / 1000} s: the services may be starting, busy or down. ` +
        'Look with `guildhall status`.',
    )
  }
}

/** The streams cannot be reached, or refuse this client's password. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The same failure as an UnreachableError, with what went wrong as its cause. */
export function unreachable(cause: unknown): UnreachableError {
  if (cause instanceof UnreachableError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return new UnreachableError(`The streams cannot be reached: ${why}`, { cause })
}

/** The client was closed while the request was waiting. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError'
  constructor() {
    super('The client was closed.')
  }
}

/** An answer that is not what the topology promises: another type, or no JSON. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError'
}

/** Why a client file was not used. */
export type ClientFileProblem = 'absent' | 'readable-by-others' | 'malformed'

export class ClientFileError extends Error {
  override readonly name = 'ClientFileError'
  constructor(
    readonly problem: ClientFileProblem,
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
