import { OutageError } from '@guildhall/contracts'

/** Redis did not answer, or is not ready to. Nothing is known about what it did; the same call may be made again. */
export class UnavailableError extends OutageError {
  override readonly name = 'UnavailableError'
}

/** Redis answers but takes nothing more in (a stream at its limit, memory full, disk failing): come back later. */
export class BusyError extends OutageError {
  override readonly name = 'BusyError'
  /** The same call may be made again, later. */
  readonly retryable = true
}

/** The audit stream is at its limit: without room for the record nothing is relayed. */
export class AuditFullError extends Error {
  override readonly name = 'AuditFullError'
}

/** This Redis would lose or lacks what the streams need; the message says which setting to change. */
export class UnsuitableRedisError extends Error {
  override readonly name = 'UnsuitableRedisError'
}

const reactions: readonly [RegExp, (text: string, cause: Error) => Error][] = [
  [/^AUDITFULL/, (text) => new AuditFullError(text.replace('AUDITFULL ', ''))],
  [/^MOUTHFULL/, (text, cause) => new BusyError(text.replace('MOUTHFULL ', ''), { cause })],
  [
    /^(OOM|MISCONF|NOREPLICAS)/,
    (text, cause) => new BusyError(`Redis takes no writes now: ${text}`, { cause }),
  ],
  [
    /^(LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|BUSY )/,
    (text, cause) => new UnavailableError(`Redis is not ready: ${text}`, { cause }),
  ],
  [
    /^(Connection is closed|Command aborted|Stream isn't writeable|Command timed out|Reached the max retries)/,
    (text, cause) => new UnavailableError(`No connection to Redis: ${text}`, { cause }),
  ],
  [
    /Function not found/,
    () =>
      new UnsuitableRedisError(
        'The function library is not in this Redis: call loadFunctionLibrary as admin first',
      ),
  ],
]
const networkCode = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/

/** The typed error for what ioredis threw; an answer of Redis that has no type here is returned as it is. */
export function streamsError(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  // ioredis hangs the failed command with its arguments on the error: for AUTH that is the password.
  if ('command' in error) delete error.command
  if ('code' in error && typeof error.code === 'string' && networkCode.test(error.code))
    return new UnavailableError(`No connection to Redis: ${error.message || error.code}`, { cause: error })
  for (const [pattern, react] of reactions)
    if (pattern.test(error.message)) return react(error.message, error)
  return error
}

/** Whether the consumer group, or its stream, is gone (FLUSHALL, DEL, XGROUP DESTROY). */
export function isGroupLost(error: unknown): boolean {
  return error instanceof Error && /^(NOGROUP|UNBLOCKED)|requires the key to exist/.test(error.message)
}
