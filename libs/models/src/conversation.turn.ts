import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ToolNames } from './tool.names.js'
import type { BudgetDimension } from './budget.state.js'
import type { LeftOut } from './context.window.js'
import { leftOutMessage, toolErrorMessage, toolOutputMessage } from './tool.output.js'

export interface TokenUsage {
  inputTokens: number
  /** Of those, read from the endpoint's prompt cache; absent when the endpoint does not say. */
  cachedInputTokens?: number
  /** Of those, written to the endpoint's prompt cache; absent when the endpoint does not say. */
  cacheWriteTokens?: number
  outputTokens: number
}

/** One tool call as the model wrote it. */
export interface RequestedToolCall {
  /** The model's id, or one made from the turn when that is missing, odd or used before. */
  id: string
  /** Our own function name; the model's word when it named no tool there is. */
  name: string
  /** As the model wrote it, possibly not JSON. */
  argumentsText: string
  /** Set when the arguments were longer than a call may have; then `argumentsText` is empty and the call does not run. */
  oversizeBytes?: number
}

/** What the model was told about one of its calls. */
export interface ToolResult {
  callId: string
  /** `output`: what `callTool` returned, cut at `TOOL_OUTPUT_LIMIT_BYTES`. `error`: refused, unknown or malformed. */
  kind: 'output' | 'error'
  text: string
}

/**
 * What the model said once, and what its calls gave. Plain JSON, so that a caller can store it and give it back as
 * `recorded`. The system and user texts are not in it: a replay needs the same ones again.
 */
export interface ConversationTurn {
  kind?: never
  /** The model that answered, in the endpoint's own words. */
  model: string
  /** Empty when the model only called tools. */
  text: string
  /** The model's words when it declined; absent otherwise. */
  refusal?: string
  toolCalls: RequestedToolCall[]
  /** As the endpoint gave it: `stop`, `tool_calls`, `length`, `content_filter` or one of its own. */
  finishReason: string
  /** Absent when the endpoint reported none. */
  usage?: TokenUsage
  /** US dollars; absent when the model's price was unknown. */
  costUsd?: number
  /** The budget that the length of the answer was limited by; absent when none did. */
  cappedBy?: BudgetDimension
  /** What was not shown to the model when it said this; absent: it saw all. */
  leftOut?: LeftOut
  /** In the order of `toolCalls`. Empty in `onTurn`, because the calls have not run; shorter after a crash in between. */
  toolResults: ToolResult[]
  /** What was wrong with the answer, as the model was told; absent when nothing was. */
  problem?: string
}

/** The messages that show a turn and its results to the model again. */
export function messagesOf(
  turn: ConversationTurn,
  names: ToolNames,
  withoutOutputs = false,
): ChatCompletionMessageParam[] {
  const said: ChatCompletionMessageParam = {
    role: 'assistant',
    content: turn.text === '' && turn.toolCalls.length > 0 ? null : turn.text,
  }
  if (turn.problem !== undefined) {
    const content = `That answer cannot be used: ${turn.problem}. Answer again with one whole, corrected JSON object.`
    return [said, { role: 'user', content }]
  }
  if (turn.toolCalls.length === 0) return [said]
  said.tool_calls = turn.toolCalls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: names.toWire(call.name), arguments: repeatableArguments(call.argumentsText) },
  }))
  const nameById = new Map(turn.toolCalls.map((call) => [call.id, call.name]))
  const results = turn.toolResults.map((result): ChatCompletionMessageParam => ({
    role: 'tool',
    tool_call_id: result.callId,
    content:
      result.kind === 'error'
        ? toolErrorMessage(result.text)
        : withoutOutputs
          ? leftOutMessage(result.text)
          : toolOutputMessage(nameById.get(result.callId) ?? 'tool', result.text),
  }))
  return [said, ...results]
}

export const noUsage: TokenUsage = { inputTokens: 0, outputTokens: 0 }

export function addUsage(total: TokenUsage, more: TokenUsage | undefined): TokenUsage {
  if (!more) return total
  const cachedInputTokens = addKnown(total.cachedInputTokens, more.cachedInputTokens)
  const cacheWriteTokens = addKnown(total.cacheWriteTokens, more.cacheWriteTokens)
  return {
    inputTokens: total.inputTokens + more.inputTokens,
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(cacheWriteTokens !== undefined && { cacheWriteTokens }),
    outputTokens: total.outputTokens + more.outputTokens,
  }
}

function addKnown(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0)
}

export function totalUsage(turns: readonly { usage?: TokenUsage }[]): TokenUsage {
  return turns.reduce((total, { usage }) => addUsage(total, usage), noUsage)
}

/** Several servers parse the history's arguments into their chat template and fail for good on text that is not JSON. */
function repeatableArguments(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    return '{}'
  }
}
