import type { ModelError } from './model.error.js'

const FIRST_WAIT_MS = 500
const LONGEST_BACKOFF_MS = 8_000

/** How long an endpoint's `Retry-After` may make a caller wait; a longer one counts as a failure. */
export const LONGEST_RETRY_AFTER_MS = 60_000
/** The same where another endpoint could answer instead. */
export const LONGEST_RETRY_AFTER_WITH_OTHERS_MS = 5_000

export interface RetrySituation {
  /** Tries so far, at least 1. */
  tries: number
  maxRetries: number
  /** Whether another endpoint could be asked. */
  hasOthers: boolean
  /** 0 to 1: spreads the back-off of many callers. */
  jitter: number
}

/**
 * How long to wait before the same request is sent to the same endpoint again; undefined: do not. An endpoint's own
 * `Retry-After` is kept to the millisecond: never undercut, and when it is too long the endpoint is given up.
 */
export function waitBeforeRetry(error: ModelError, situation: RetrySituation): number | undefined {
  const { tries, maxRetries, hasOthers, jitter } = situation
  if (!error.retryable || tries > maxRetries) return undefined
  if (error.retryAfterMs !== undefined) {
    const longest = hasOthers ? LONGEST_RETRY_AFTER_WITH_OTHERS_MS : LONGEST_RETRY_AFTER_MS
    return error.retryAfterMs <= longest ? error.retryAfterMs : undefined
  }
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_BACKOFF_MS)
  return Math.round(backoff * (1 - jitter / 4))
}

/** Whether another endpoint may do better. A key or a request that one refuses is for a person to look at. */
export function mayHop(error: ModelError): boolean {
  return !['unauthorized', 'invalid-request', 'context-too-long'].includes(error.code)
}

/**
 * Milliseconds that response headers ask to wait, from `retry-after-ms` or `retry-after` (seconds or a date);
 * undefined when they do not say.
 */
export function readRetryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const inMs = readNumber(headers?.get('retry-after-ms'))
  if (inMs !== undefined) return inMs
  const text = headers?.get('retry-after')
  const inSeconds = readNumber(text)
  if (inSeconds !== undefined) return inSeconds * 1_000
  // Date.parse takes far more than dates of HTTP, which begin with the name of the day.
  const atMs = text && /^[A-Z][a-z]{2},/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

function readNumber(text: string | null | undefined): number | undefined {
  if (!text || text.trim() === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}
