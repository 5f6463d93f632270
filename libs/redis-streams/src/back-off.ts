import { setTimeout as delay } from 'node:timers/promises'
import { UnavailableError } from './streams.errors.js'

export interface BackOff {
  firstMs: number
  factor: number
  capMs: number
}

/** How long to wait after the nth failure (from 1): exponential, capped, and up to a quarter more or less by chance. */
export function backOffMs(
  failures: number,
  { firstMs, factor, capMs }: BackOff,
  random = Math.random,
): number {
  const exact = Math.min(capMs, firstMs * factor ** (Math.max(1, failures) - 1))
  return Math.round(exact * (0.75 + random() / 2))
}

/** A period that many processes may share without marching in step. */
export function jittered(ms: number, random = Math.random): number {
  return Math.round(ms * (0.75 + random() / 2))
}

/** Waits; returns at once when the signal is or becomes aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal })
  } catch {
    // Aborted: the caller looks at the signal.
  }
}

const connectionBackOff: BackOff = { firstMs: 50, factor: 2.5, capMs: 1_500 }

/**
 * Makes a call again while Redis is away, at most `tries` times in all (default 6, some 4 s).
 * Only for calls that may safely happen twice.
 */
export async function persistently<T>(
  call: () => Promise<T>,
  tries = 6,
  signal: AbortSignal = neverAborted,
): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof UnavailableError) || failures >= tries || signal.aborted) throw error
      await pause(backOffMs(failures, connectionBackOff), signal)
    }
  }
}

const neverAborted = new AbortController().signal
