import { AsyncLocalStorage } from 'node:async_hooks'
import { TimeBudgetError } from '@guildhall/models'

/** What one match may wait for the endpoint, for all requests together. */
export const endpointTimeMs = 3_000
/** What one request may take where no match waits: vectors of a registry are made. */
const unhurriedMs = 30_000

const deadlines = new AsyncLocalStorage<number>()

/** Gives everything that the work asks of the endpoint one time, however often it asks. */
export function withEndpointTime<T>(work: () => Promise<T>, timeMs = endpointTimeMs): Promise<T> {
  return deadlines.run(performance.now() + timeMs, work)
}

/** For work that goes on behind a match: the match's time is not its own. */
export function outsideEndpointTime<T>(work: () => T): T {
  return deadlines.exit(work)
}

/** @throws TimeBudgetError when the time is over. */
export function endpointTimeLeft(): number {
  const deadline = deadlines.getStore()
  if (deadline === undefined) return unhurriedMs
  const left = Math.floor(deadline - performance.now())
  if (left < 1) throw new TimeBudgetError(endpointTimeMs)
  return left
}
