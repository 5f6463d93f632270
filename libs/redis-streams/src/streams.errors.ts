import { OutageError } from '@guildhall/contracts'
import { reactionTo, type RedisReaction } from './redis.reactions.js'

/** Redis did not answer, or is not ready to. Nothing is known about what it did; the same call may be made again. */
export class UnavailableError extends OutageError {
  override readonly name: string = 'UnavailableError'
}

/** This Redis lacks our functions. The one who looks after it loads them; the same call may be made again. */
export class LibraryMissingError extends UnavailableError {
  override readonly name = 'LibraryMissingError'
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

/** Redis does not let this user in, or not do this; the message says what to change. */
export class RefusedByRedisError extends Error {
  override readonly name = 'RefusedByRedisError'
}

const noConnection =
  /^(Connection is closed|Command aborted|Stream isn't writeable|Command timed out|Reached the max retries)/
const networkCode = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/

/** The typed error for what ioredis threw; an answer of Redis that has no type here is returned as it is. */
export function streamsError(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  // ioredis hangs the failed command with its arguments on the error: for AUTH that is the password.
  if ('command' in error) delete error.command
  const { message } = error
  if ('code' in error && typeof error.code === 'string' && networkCode.test(error.code))
    return new UnavailableError(`No connection to Redis: ${message || error.code}`, { cause: error })
  if (noConnection.test(message))
    return new UnavailableError(`No connection to Redis: ${message}`, { cause: error })
  if (message.startsWith('AUDITFULL')) return new AuditFullError(message.replace('AUDITFULL ', ''))
  if (message.startsWith('MOUTHFULL'))
    return new BusyError(message.replace('MOUTHFULL ', ''), { cause: error })
  const known = reactionTo(message)
  return known ? errorFor(known, error) : error
}

function errorFor({ reaction, means }: RedisReaction, cause: Error): Error {
  const text = `${means} (${cause.message})`
  switch (reaction) {
    case 'look-again':
      return new UnavailableError(`Redis is not ready: ${text}`, { cause })
    case 'wait':
      return new LibraryMissingError(`Redis is not ready: ${text}`, { cause })
    case 'stop-writing':
      return new BusyError(`Redis takes no writes now: ${text}`, { cause })
    case 'give-up':
      return new RefusedByRedisError(`Redis refuses: ${text}`, { cause })
    case 'make-group':
      return cause
  }
}

/** Whether the consumer group, or its stream, is gone (FLUSHALL, DEL, XGROUP DESTROY). */
export function isGroupLost(error: unknown): boolean {
  return error instanceof Error && reactionTo(error.message)?.reaction === 'make-group'
}
