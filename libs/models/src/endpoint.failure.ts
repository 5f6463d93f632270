import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { hasOwnKey, type ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, placeOf } from './model.error.js'
import { readRetryAfterMs } from './retry.policy.js'

const DETAIL_LIMIT_CHARS = 300

/** Turns whatever the request threw into a `ModelError`. */
export function modelErrorFrom(error: unknown, endpoint: ResolvedEndpoint): ModelError {
  const where = placeOf(endpoint)
  if (isContextTooLong(error)) {
    return new ModelError('context-too-long', false, `${where} says that the conversation is too long for it`)
  }
  if (error instanceof APIConnectionTimeoutError || /TIMEOUT|TIMEDOUT/.test(systemCodeOf(error) ?? '')) {
    return new ModelError('timeout', true, `${where} did not answer within ${endpoint.timeoutMs} ms`)
  }
  if (error instanceof APIConnectionError) return unreachable(where, error)
  if (error instanceof APIError && typeof error.status === 'number') {
    return fromStatus(error.status, error as APIError, where, endpoint)
  }
  if (error instanceof APIError) {
    const detail = detailOf(error as APIError, endpoint)
    return new ModelError('server-error', true, `${where} broke off with an error (${detail})`)
  }
  if (error instanceof SyntaxError) {
    return new ModelError('invalid-response', true, `${where} answered with broken JSON`)
  }
  return unreachable(where, error)
}

/** Whether the endpoint refused the request because the conversation outgrew the model's context. */
function isContextTooLong(error: unknown): boolean {
  if (!(error instanceof APIError)) return false
  // Without a status it came in the middle of a stream.
  if (error.status !== undefined && error.status !== 400 && error.status !== 413) return false
  // OpenAI has a code of its own for it, llama.cpp a type; vLLM and gateways in front of others only have sentences.
  if (error.code === 'context_length_exceeded' || error.type === 'exceed_context_size_error') return true
  return /maximum context length|context (length|size|window)|prompt is too long/i.test(error.message)
}

function unreachable(where: string, error: unknown): ModelError {
  const code = systemCodeOf(error)
  return new ModelError('unreachable', true, `${where} cannot be reached${code ? ` (${code})` : ''}`)
}

function fromStatus(status: number, error: APIError, where: string, endpoint: ResolvedEndpoint): ModelError {
  if (status === 401 || status === 403) {
    // Endpoints echo parts of the key in exactly this answer, so none of it is repeated.
    return new ModelError(
      'unauthorized',
      false,
      `${where} refused the API key (${status}): check the key and its rights`,
    )
  }
  const detail = detailOf(error, endpoint)
  const retryAfterMs = readRetryAfterMs(error.headers, Date.now())
  if (status === 408) return new ModelError('timeout', true, `${where} timed out (${detail})`)
  if (status === 429) {
    // No waiting helps against an exhausted account.
    const retryable = error.code !== 'insufficient_quota' && error.type !== 'insufficient_quota'
    const message = `${where} takes no more requests now (${detail})`
    return new ModelError('rate-limited', retryable, message, retryAfterMs)
  }
  if (status >= 500 || status === 409)
    return new ModelError('server-error', true, `${where} failed (${detail})`, retryAfterMs)
  if (status >= 400)
    return new ModelError('invalid-request', false, `${where} refused the request (${detail})`)
  return new ModelError(
    'invalid-response',
    false,
    `${where} answered with status ${status}: check its baseUrl`,
  )
}

function detailOf(error: APIError, endpoint: ResolvedEndpoint): string {
  const message = hasOwnKey(endpoint)
    ? error.message.replaceAll(endpoint.apiKey, '[redacted]')
    : error.message
  return message
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, DETAIL_LIMIT_CHARS)
    .toWellFormed()
}

function systemCodeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(at.code)) return at.code
  }
  return undefined
}
