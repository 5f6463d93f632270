import type { ResolvedEndpoint } from './model.endpoint.js'

export type ModelErrorCode =
  | 'unreachable'
  | 'unauthorized'
  | 'rate-limited'
  | 'timeout'
  | 'invalid-request'
  | 'invalid-response'
  | 'server-error'
  /** The answer stopped in the middle and nothing more came. */
  | 'stalled'
  /** The answer was cut in the middle. */
  | 'interrupted'
  /** The conversation outgrew the model's context. */
  | 'context-too-long'

/**
 * The endpoint gave no usable turn. The message never holds the key; of the endpoint's own words it quotes at most 300
 * characters. No original error hangs on it as a cause, because those carry whatever the endpoint echoed.
 */
export class ModelError extends Error {
  override name = 'ModelError'

  constructor(
    readonly code: ModelErrorCode,
    /** Whether asking again later, unchanged, may work. */
    readonly retryable: boolean,
    message: string,
    /** What the endpoint asked to wait; absent when it did not say. */
    readonly retryAfterMs?: number,
  ) {
    super(message)
  }
}

/** The endpoint and model as messages name them. */
export function placeOf(endpoint: ResolvedEndpoint): string {
  const origin = endpoint.baseUrl === null ? 'OpenAI' : new URL(endpoint.baseUrl).origin
  return `The model ${JSON.stringify(endpoint.model)} at ${origin}`
}
