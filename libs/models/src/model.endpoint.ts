import type { StructuredMode } from './structured.request.js'

/** Where a model answers: any endpoint that speaks OpenAI's chat completions. */
export interface ModelEndpoint {
  /** http(s) URL up to and including the version, such as `http://127.0.0.1:11434/v1`; absent: OpenAI's own. */
  baseUrl?: string
  /** Sent as a bearer token; absent: the word `unused`, which local endpoints accept. Never part of an error. */
  apiKey?: string
  /** The endpoint's name of the model. */
  model: string
  /** For one request, before its retries; default 60_000. Above 300_000 Node's own limit for response headers holds. */
  timeoutMs?: number
  /** Further tries after no connection, a timeout, 408, 409, 429 or 5xx, with back-off or as `Retry-After` says; default 2. */
  maxRetries?: number
  /** The strictest way of structured output to try; default `json-schema`. A refused one is followed by the next. */
  structuredOutput?: StructuredMode
}

/** An endpoint with every choice made. `baseUrl` is null for OpenAI's own. */
export interface ResolvedEndpoint {
  baseUrl: string | null
  apiKey: string
  model: string
  timeoutMs: number
  maxRetries: number
  structuredOutput: StructuredMode
}

const NO_KEY = 'unused'

/**
 * Fills in the defaults and refuses what could not work. No message quotes the key or the URL, which may hold a password.
 *
 * @throws TypeError, RangeError
 */
export function resolveEndpoint(endpoint: ModelEndpoint): ResolvedEndpoint {
  const { baseUrl = null, apiKey, model, timeoutMs = 60_000, maxRetries = 2 } = endpoint
  const { structuredOutput = 'json-schema' } = endpoint
  if (baseUrl !== null) checkBaseUrl(baseUrl)
  // Node quotes the whole header value when it refuses one, so an unusable key must not get that far.
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError(
      'The model endpoint apiKey holds a space, line break or other character that no HTTP header takes: remove it',
    )
  }
  if (model.trim() === '') throw new TypeError('The model endpoint needs the name of a model')
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
    throw new RangeError('The model endpoint timeoutMs must be a whole number of milliseconds, at least 1')
  }
  if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
    throw new RangeError('The model endpoint maxRetries must be a whole number, at least 0')
  }
  return { baseUrl, apiKey: apiKey || NO_KEY, model, timeoutMs, maxRetries, structuredOutput }
}

/** Whether the key is one that somebody set, so a secret. */
export function hasOwnKey(endpoint: ResolvedEndpoint): boolean {
  return endpoint.apiKey !== NO_KEY
}

function checkBaseUrl(baseUrl: string): void {
  const url = URL.parse(baseUrl)
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError(
      'The model endpoint baseUrl must be an http or https URL such as http://127.0.0.1:11434/v1',
    )
  }
  if (url.username || url.password) {
    throw new TypeError('The model endpoint baseUrl must not hold a user name or password: use apiKey')
  }
}
