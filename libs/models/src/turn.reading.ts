import type { ConversationTurn, RequestedToolCall, TokenUsage } from './conversation.turn.js'
import { ModelError } from './model.error.js'
import type { ToolNames } from './tool.names.js'
import { ARGUMENTS_LIMIT_BYTES } from './turn.collector.js'

const CALL_ID = /^[A-Za-z0-9_-]{1,64}$/

/** What reading a completion needs to know about the conversation so far. */
export interface ReadingContext {
  /** Begins the error message: the endpoint and model. */
  place: string
  turnIndex: number
  names: ToolNames
  usedCallIds: ReadonlySet<string>
}

/**
 * Reads an endpoint's answer, which compatible endpoints fill in more or less well.
 *
 * @throws ModelError `invalid-response` when there is no message in it
 */
export function readTurn(completion: unknown, context: ReadingContext): ConversationTurn {
  const choice = arrayAt(completion, 'choices')[0]
  const message = valueAt(choice, 'message')
  if (typeof message !== 'object' || message === null) {
    throw new ModelError(
      'invalid-response',
      false,
      `${context.place} did not answer with a chat completion: check that its baseUrl ends in the API version, such as /v1`,
    )
  }
  const refusal = textAt(message, 'refusal')
  const usage = readUsage(completion)
  return {
    model: textAt(completion, 'model'),
    text: contentText(valueAt(message, 'content')),
    ...(refusal === '' ? {} : { refusal }),
    toolCalls: readToolCalls(arrayAt(message, 'tool_calls'), context),
    finishReason: textAt(choice, 'finish_reason') || 'stop',
    ...(usage ? { usage } : {}),
    toolResults: [],
  }
}

function readToolCalls(calls: readonly unknown[], context: ReadingContext): RequestedToolCall[] {
  const used = new Set(context.usedCallIds)
  return calls.map((call, position) => {
    const given = textAt(call, 'id')
    // Some endpoints leave the id out or begin again at call_0 in each turn, and results are matched by it.
    let id = CALL_ID.test(given) ? given : `call_${context.turnIndex}_${position}`
    while (used.has(id)) id = `call_${context.turnIndex}_${position}_${used.size}`
    used.add(id)
    const wireName = textAt(valueAt(call, 'function'), 'name')
    const name = context.names.fromWire(wireName) ?? wireName
    return { id, name, ...argumentsOf(call) }
  })
}

function argumentsOf(call: unknown): Pick<RequestedToolCall, 'argumentsText' | 'oversizeBytes'> {
  const value = valueAt(valueAt(call, 'function'), 'arguments')
  // The API says a string; a few endpoints send the object itself.
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const counted = valueAt(call, 'oversizeBytes')
  const bytes = isCount(counted) ? counted : Buffer.byteLength(text)
  return bytes > ARGUMENTS_LIMIT_BYTES ? { argumentsText: '', oversizeBytes: bytes } : { argumentsText: text }
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => textAt(part, 'text')).join('') : ''
}

/** What the endpoint says that the completion used; undefined when it does not say. */
export function readUsage(completion: unknown): TokenUsage | undefined {
  const usage = valueAt(completion, 'usage')
  const inputTokens = valueAt(usage, 'prompt_tokens')
  const outputTokens = valueAt(usage, 'completion_tokens')
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined
  const details = valueAt(usage, 'prompt_tokens_details')
  // Those that had a cache before OpenAI did say it in a word of their own.
  const cached = valueAt(details, 'cached_tokens') ?? valueAt(usage, 'prompt_cache_hit_tokens')
  const written = valueAt(details, 'cache_write_tokens')
  return {
    inputTokens,
    ...(isCount(cached) && { cachedInputTokens: cached }),
    ...(isCount(written) && { cacheWriteTokens: written }),
    outputTokens,
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function textAt(value: unknown, key: string): string {
  const text = valueAt(value, key)
  return typeof text === 'string' ? text : ''
}

function arrayAt(value: unknown, key: string): unknown[] {
  const list = valueAt(value, key)
  return Array.isArray(list) ? list : []
}
