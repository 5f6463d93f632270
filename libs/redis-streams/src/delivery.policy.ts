import { RequestError, TerminalError } from '@guildhall/contracts'
import { HttpException } from '@nestjs/common'
import { backOffMs } from './back-off.js'
import { BusyError, UnavailableError } from './streams.errors.js'

/** What becomes of an entry whose handler failed. */
export type AfterFailure =
  /** Acknowledge; tell the requester. */
  | { kind: 'refuse'; code: string; message: string; retryable: boolean }
  | { kind: 'dead-letter'; code: string; message: string }
  /** Keep it pending. `counts` is false when the message cannot be to blame. */
  | { kind: 'retry'; afterMs: number; counts: boolean }

const retryBackOff = { firstMs: 200, factor: 4, capMs: 30_000 }

/**
 * Decides by the type of the error.
 * @param attempt number of the try that failed, from 1.
 * @param maxDeliveries tries after which the message is given up.
 */
export function afterFailure(
  error: unknown,
  attempt: number,
  maxDeliveries: number,
  random = Math.random,
): AfterFailure {
  if (error instanceof RequestError)
    return { kind: 'refuse', code: error.code, message: error.message, retryable: error.retryable }
  if (error instanceof TerminalError) return { kind: 'dead-letter', code: error.code, message: error.message }
  // What pipes and guards throw: it will not get better.
  if (error instanceof HttpException && error.getStatus() < 500)
    return { kind: 'dead-letter', code: 'invalid-payload', message: httpMessage(error) }
  const afterMs = backOffMs(attempt, retryBackOff, random)
  if (error instanceof UnavailableError || error instanceof BusyError)
    return { kind: 'retry', afterMs, counts: false }
  if (attempt >= maxDeliveries)
    return { kind: 'dead-letter', code: 'too-many-attempts', message: messageOfError(error) }
  return { kind: 'retry', afterMs, counts: true }
}

/** Whether an entry is given up before its handler runs: it was handed out so often that it kills its consumers. */
export function isCrashLoop(deliveries: number, maxDeliveries: number): boolean {
  return deliveries > maxDeliveries
}

/** What an error says, in at most 2,000 characters. */
export function messageOfError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : describe(error)
  return text.slice(0, 2_000)
}

function describe(thrown: unknown): string {
  return typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown)
}

function httpMessage(error: HttpException): string {
  const response = error.getResponse()
  const message = typeof response === 'object' && 'message' in response ? response.message : error.message
  return (Array.isArray(message) ? message.join('; ') : String(message)).slice(0, 2_000)
}
