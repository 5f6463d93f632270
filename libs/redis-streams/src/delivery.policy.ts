import { inspect } from 'node:util'
import { OutageError, RequestError, TerminalError } from '@guildhall/contracts'
import { HttpException } from '@nestjs/common'
import { backOffMs } from './back-off.js'

/** What becomes of an entry whose handler failed. */
export type AfterFailure =
  /** Acknowledge; tell the requester. */
  | { kind: 'refuse'; code: string; message: string; retryable: boolean }
  | { kind: 'dead-letter'; code: string; message: string }
  /** Keep it pending. `counts` is false when the message is not to blame: then the try is not one of its attempts. */
  | { kind: 'retry'; afterMs: number; counts: boolean }

/** What is known of a message when a try of it has failed. */
export interface FailedTry {
  /** Number of the attempt that the try was, from 1. */
  attempt: number
  /** How many tries in a row had failed for an outage before it. */
  outages: number
  /** Attempts after which the message is given up. */
  maxDeliveries: number
}

const retryBackOff = { firstMs: 200, factor: 4, capMs: 30_000 }
// With the quarter that chance may add, 5 s at most: so soon a message goes on once an outage is over.
const outageBackOff = { firstMs: 200, factor: 2, capMs: 4_000 }

/** Decides by the type of the error. */
export function afterFailure(
  error: unknown,
  { attempt, outages, maxDeliveries }: FailedTry,
  random = Math.random,
): AfterFailure {
  if (error instanceof RequestError)
    return { kind: 'refuse', code: error.code, message: error.message, retryable: error.retryable }
  if (error instanceof TerminalError) return { kind: 'dead-letter', code: error.code, message: error.message }
  // What pipes and guards throw: it will not get better.
  if (error instanceof HttpException && error.getStatus() < 500)
    return { kind: 'dead-letter', code: 'invalid-payload', message: httpMessage(error) }
  if (error instanceof OutageError)
    return { kind: 'retry', afterMs: backOffMs(outages + 1, outageBackOff, random), counts: false }
  if (attempt >= maxDeliveries)
    return { kind: 'dead-letter', code: 'too-many-attempts', message: messageOfError(error) }
  return { kind: 'retry', afterMs: backOffMs(attempt, retryBackOff, random), counts: true }
}

/** Whether an entry is given up before its handler runs: it was handed out so often that it kills its consumers. */
export function isCrashLoop(deliveries: number, maxDeliveries: number): boolean {
  return deliveries > maxDeliveries
}

/** What an error says, in at most 2,000 characters. */
export function messageOfError(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)
  return text.slice(0, 2_000)
}

function httpMessage(error: HttpException): string {
  const response = error.getResponse()
  const message = typeof response === 'object' && 'message' in response ? response.message : error.message
  return (Array.isArray(message) ? message.join('; ') : String(message)).slice(0, 2_000)
}
