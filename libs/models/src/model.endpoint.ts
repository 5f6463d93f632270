import type { StructuredMode } from './structured.request.js'

/** Where a model answers: any endpoint that speaks OpenAI's chat completions. */
export interface ModelEndpoint {
  /** http(s) URL up to and including the version, such as `http://127.0.0.1:11434/v1`; absent: OpenAI's own. */
  baseUrl?: string
  /** Sent as a bearer token; absent: the word `unused`, which local endpoints accept. Never part of an error. */
  apiKey?: string
  /** The endpoint's name of the model. */
  model: string
  /**
   * Until an answer begins, for one request, before its retries; default 60_000. Above 300_000 Node's own limit for
   * response headers holds.
   */
  timeoutMs?: number
  /** How long a streamed answer may pause; default 30_000. */
  stallMs?: number
  /** How long one streamed answer may take in all; default 600_000. */
  longestMs?: number
  /** False: answers are asked for whole, and `timeoutMs` holds until they begin. Default true. */
  streaming?: boolean
  /** Further tries after no connection, a timeout, 408, 409, 429 or 5xx, with back-off or as `Retry-After` says; default 2. */
  maxRetries?: number
  /** The strictest way of structured output to try; default `json-schema`. A refused one is followed by the next. */
  structuredOutput?: StructuredMode
  /** The model's context window; absent: as the price table says, else unknown until the endpoint refuses. */
  contextTokens?: number
  /** The most that one answer may have; absent: the endpoint's own limit. */
  maxOutputTokens?: number
  /** Whether to send `prompt_cache_key`, so that requests with the same beginning meet the same cache; default: only to OpenAI. */
  promptCacheKey?: boolean
}

/** An endpoint with every choice made. `baseUrl` is null for OpenAI's own. */
export interface ResolvedEndpoint {
  baseUrl: string | null
  apiKey: string
  model: string
  timeoutMs: number
  stallMs: number
  longestMs: number
  streaming: boolean
  maxRetries: number
  structuredOutput: StructuredMode
  contextTokens: number | undefined
  maxOutputTokens: number | undefined
  promptCacheKey: boolean
}

const NO_KEY = 'unused'

/**
 * Fills in the defaults and refuses what could not work. No message quotes the key or the URL, which may hold a password.
 *
 * @throws TypeError, RangeError
 */
export function resolveEndpoint(endpoint: ModelEndpoint): ResolvedEndpoint {
  const { baseUrl = null, apiKey, model } = endpoint
  if (baseUrl !== null) checkBaseUrl(baseUrl)
  // Node quotes the whole header value when it refuses one, so an unusable key must not get that far.
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError(
      'The model endpoint apiKey holds a space, line break or other character that no HTTP header takes: remove it',
    )
  }
  if (model.trim() === '') throw new TypeError('The model endpoint needs the name of a model')
  const { maxRetries = 2, contextTokens, maxOutputTokens } = endpoint
  if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
    throw new RangeError('The model endpoint maxRetries must be a whole number, at least 0')
  }
  return {
    baseUrl,
    apiKey: apiKey || NO_KEY,
    model,
    timeoutMs: positive('timeoutMs', endpoint.timeoutMs ?? 60_000),
    stallMs: positive('stallMs', endpoint.stallMs ?? 30_000),
    longestMs: positive('longestMs', endpoint.longestMs ?? 600_000),
    streaming: endpoint.streaming ?? true,
    maxRetries,
    structuredOutput: endpoint.structuredOutput ?? 'json-schema',
    contextTokens: contextTokens === undefined ? undefined : positive('contextTokens', contextTokens),
    maxOutputTokens: maxOutputTokens === undefined ? undefined : positive('maxOutputTokens', maxOutputTokens),
    promptCacheKey: endpoint.promptCacheKey ?? baseUrl === null,
  }
}

/** @throws TypeError, RangeError for an endpoint that could not work; no message quotes a secret. Asks nothing. */
export function checkEndpoint(endpoint: ModelEndpoint): void {
  resolveEndpoint(endpoint)
}

/** Whether the key is one that somebody set, so a secret. */
export function hasOwnKey(endpoint: ResolvedEndpoint): boolean {
  return endpoint.apiKey !== NO_KEY
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RangeError(`The model endpoint ${name} must be a whole number, at least 1`)
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
