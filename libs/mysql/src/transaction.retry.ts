import { failureOf } from './server.errors.js'

// ER_LOCK_DEADLOCK and ER_LOCK_WAIT_TIMEOUT: the same work may well pass when it is run again.
const transientCodes = new Set([1213, 1205])

/** Whether the server ended a transaction only because another one was in the way. */
export function isLockConflict(error: unknown): boolean {
  return transientCodes.has(failureOf(error).errno)
}

/** Pause before the given retry (1, 2, …): 10 ms doubled each time up to 200 ms, with full jitter. */
export function retryPauseMs(retry: number, random: () => number = Math.random): number {
  return random() * Math.min(200, 10 * 2 ** (retry - 1))
}
