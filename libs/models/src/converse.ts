import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ChatRequest } from './chat.request.js'
import { streamModel } from './chat.stream.js'
import { messagesOf, totalUsage, type ConversationTurn, type TokenUsage } from './conversation.turn.js'
import { resolveEndpoint, type ModelEndpoint } from './model.endpoint.js'
import { askPatiently } from './model.attempts.js'
import { ModelError, placeOf } from './model.error.js'
import type { ToolCall, ToolDefinition } from './tool.call.js'
import { resultOfCall } from './tool.calling.js'
import { mapToolNames } from './tool.names.js'
import { readTurn } from './turn.reading.js'

export type ConversationEnding =
  /** The model is done; the text may be empty. */
  | { reason: 'answered'; text: string }
  /** The model, or a filter of its endpoint, declined; the text may be empty. Calls of that turn did not run. */
  | { reason: 'refused'; text: string }
  /** The turn reached the limit on output; the text is its beginning. Calls in it did not run: they may be half written. */
  | { reason: 'cut-off'; text: string }
  /** The last turn allowed asked for tools. They did not run, since nobody would have read their output. */
  | { reason: 'max-turns' }
  /** The endpoint says that the conversation no longer fits into the model's context. */
  | { reason: 'context-too-long' }

export interface ConversationOptions {
  endpoint: ModelEndpoint
  system: string
  user: string
  /** May be empty: then the model can only answer. */
  tools: readonly ToolDefinition[]
  /** Model turns, recorded ones included; default 20, at least 1. */
  maxTurns?: number
  /** Aborts a request or the wait before a retry; `callTool` has to watch it itself. */
  signal?: AbortSignal
  /**
   * Turns of an earlier try with the same texts and tools: not asked again. Calls of theirs that have an entry in
   * `toolResults` are not run again either; the others go to `callTool`, also those that had begun before a crash.
   */
  recorded?: readonly ConversationTurn[]
  /** Awaited before a new turn's calls run, so that they can be traced to a turn that is durable. Not called for recorded turns. */
  onTurn(turn: ConversationTurn, index: number): Promise<void>
  /**
   * Runs one call; calls of one turn come one after the other, in the model's order. The text is fenced as data and cut
   * at `TOOL_OUTPUT_LIMIT_BYTES`. A `ToolRefusedError` is told to the model; any other error ends the conversation.
   */
  callTool(call: ToolCall, turnIndex: number): Promise<string>
}

export type Conversation = ConversationEnding & {
  /** All turns, recorded ones first, with the results of their calls. */
  turns: ConversationTurn[]
  /** Of all turns, recorded ones included; turns of which the endpoint reported no usage count nothing. */
  usage: TokenUsage
}

/**
 * Lets a model work with tools until it answers. An unknown tool or malformed arguments are told to the model and cost a turn.
 *
 * @throws ModelError when the endpoint gives no usable turn; TypeError or RangeError for options that cannot work; the
 * signal's reason when aborted; whatever `onTurn` or `callTool` throws
 */
export async function converse(options: ConversationOptions): Promise<Conversation> {
  const { tools, maxTurns = 20, signal, recorded = [] } = options
  if (!Number.isSafeInteger(maxTurns) || maxTurns < 1) {
    throw new RangeError('maxTurns must be a whole number, at least 1')
  }
  const endpoint = resolveEndpoint(options.endpoint)
  const names = mapToolNames(tools.map((tool) => tool.name))
  const isTool = (name: string): boolean => tools.some((tool) => tool.name === name)
  const turns: ConversationTurn[] = []
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: options.system },
    { role: 'user', content: options.user },
  ]

  const nextTurn = async (turnIndex: number): Promise<ConversationTurn | undefined> => {
    const known = recorded[turnIndex]
    if (known) return known
    const request = requestOf(messages, tools, names.toWire)
    const answered = await askPatiently(
      [endpoint],
      (at) => streamModel(at, request, signal ? { signal } : {}),
      {
        ...(signal && { signal }),
      },
    ).catch((error: unknown) => {
      if (error instanceof ModelError && error.code === 'context-too-long') return undefined
      throw error
    })
    if (!answered) return undefined
    const completion = answered.answer
    const usedCallIds = new Set(turns.flatMap((turn) => turn.toolCalls.map((call) => call.id)))
    const turn = readTurn(completion, { place: placeOf(endpoint), turnIndex, names, usedCallIds })
    await options.onTurn(turn, turnIndex)
    return turn
  }

  const withResults = async (turn: ConversationTurn, turnIndex: number): Promise<ConversationTurn> => {
    const toolResults = []
    for (const call of turn.toolCalls) {
      const known = turn.toolResults.find((result) => result.callId === call.id)
      if (!known) signal?.throwIfAborted()
      toolResults.push(
        known ?? (await resultOfCall(call, names, isTool, (ready) => options.callTool(ready, turnIndex))),
      )
    }
    return { ...turn, toolResults }
  }

  const ended = (ending: ConversationEnding): Conversation => ({ ...ending, turns, usage: totalUsage(turns) })

  for (let turnIndex = 0; ; turnIndex++) {
    const turn = await nextTurn(turnIndex)
    if (!turn) return ended({ reason: 'context-too-long' })
    const ending = endingOf(turn, turnIndex + 1 >= maxTurns)
    if (ending) {
      turns.push(turn)
      return ended(ending)
    }
    const answered = await withResults(turn, turnIndex)
    turns.push(answered)
    messages.push(...messagesOf(answered, names))
  }
}

function endingOf(turn: ConversationTurn, isLastAllowed: boolean): ConversationEnding | undefined {
  if (turn.refusal !== undefined) return { reason: 'refused', text: turn.refusal }
  if (turn.finishReason === 'content_filter') return { reason: 'refused', text: turn.text }
  if (turn.finishReason === 'length') return { reason: 'cut-off', text: turn.text }
  if (turn.toolCalls.length > 0) return isLastAllowed ? { reason: 'max-turns' } : undefined
  return { reason: 'answered', text: turn.text }
}

function requestOf(
  messages: readonly ChatCompletionMessageParam[],
  tools: readonly ToolDefinition[],
  toWire: (name: string) => string,
): ChatRequest {
  const request: ChatRequest = { messages: [...messages] }
  // Endpoints refuse an empty list of tools.
  if (tools.length > 0) {
    request.tools = tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name: toWire(name), description, parameters: parameters as Record<string, unknown> },
    }))
  }
  return request
}
