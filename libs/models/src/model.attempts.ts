import { setTimeout as sleep } from 'node:timers/promises'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, placeOf } from './model.error.js'
import { mayHop, waitBeforeRetry } from './retry.policy.js'

/** What happened between the first try and the answer. */
export type AttemptEvent =
  | { kind: 'retried'; place: string; code: ModelError['code']; waitMs: number }
  /** Another endpoint is asked from now on. */
  | { kind: 'hopped'; from: string; to: string; code: ModelError['code']; message: string }

export interface AttemptOptions {
  /** Index of the endpoint to begin with; default 0. */
  first?: number
  signal?: AbortSignal
  onEvent?: (event: AttemptEvent) => void
}

/**
 * Asks an endpoint with its retries, and when it is given up one other: the next in the list, the first after the last.
 * More than one hop would only multiply the time and the cost of a request that nobody can answer.
 *
 * @returns the answer, and the index of the endpoint that gave it
 * @throws ModelError of the last try; the signal's reason when aborted; whatever else `ask` throws
 */
export async function askPatiently<T>(
  endpoints: readonly ResolvedEndpoint[],
  ask: (endpoint: ResolvedEndpoint) => Promise<T>,
  { first = 0, signal, onEvent }: AttemptOptions = {},
): Promise<{ answer: T; index: number }> {
  const { endpoint, other, otherIndex } = choose(endpoints, first)
  try {
    return { answer: await askOne(endpoint, ask, other !== undefined, signal, onEvent), index: first }
  } catch (error) {
    if (!(error instanceof ModelError) || !other || !mayHop(error)) throw error
    const { code, message } = error
    onEvent?.({ kind: 'hopped', from: placeOf(endpoint), to: placeOf(other), code, message })
    return { answer: await askOne(other, ask, false, signal, onEvent), index: otherIndex }
  }
}

function choose(endpoints: readonly ResolvedEndpoint[], first: number) {
  const endpoint = endpoints[first]
  if (!endpoint) throw new RangeError('There is no model endpoint to ask')
  const otherIndex = (first + 1) % endpoints.length
  return { endpoint, other: otherIndex === first ? undefined : endpoints[otherIndex], otherIndex }
}

async function askOne<T>(
  endpoint: ResolvedEndpoint,
  ask: (endpoint: ResolvedEndpoint) => Promise<T>,
  hasOthers: boolean,
  signal: AbortSignal | undefined,
  onEvent: AttemptOptions['onEvent'],
): Promise<T> {
  const { maxRetries } = endpoint
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted()
    try {
      return await ask(endpoint)
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      const waitMs = waitBeforeRetry(error, { tries, maxRetries, hasOthers, jitter: Math.random() })
      if (waitMs === undefined) throw error
      onEvent?.({ kind: 'retried', place: placeOf(endpoint), code: error.code, waitMs })
      await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    }
  }
}
