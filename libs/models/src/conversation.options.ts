import type { Budget } from './budget.js'
import type { ConversationEnding } from './conversation.ending.js'
import type { ConversationEvent } from './conversation.events.js'
import type { ConversationSummary, RecordedTurn } from './conversation.summary.js'
import type { ConversationTurn, TokenUsage } from './conversation.turn.js'
import type { AnswerDemand } from './demanded.answer.js'
import type { ModelEndpoint } from './model.endpoint.js'
import type { PriceTable } from './price.table.js'
import type { CallPosition, ToolCall, ToolDefinition } from './tool.call.js'

export interface ConversationOptions {
  /** In order of preference; when the one in use is given up, the next is asked, once a turn. At least one. */
  endpoints: readonly ModelEndpoint[]
  system: string
  user: string
  /** May be empty: then the model can only answer. */
  tools: readonly ToolDefinition[]
  /** What the last answer must be; absent: any text. */
  answer?: AnswerDemand
  /** Model turns, recorded ones included; default 20, at least 1. */
  maxTurns?: number
  /** Shared with whatever else it was given to. Default: unlimited. */
  budget?: Budget
  /** Default: the shipped table. */
  prices?: PriceTable
  /** Calls of one turn that run at the same time at most, where their tools say `sideBySide`; default 4. */
  parallelCalls?: number
  /** Aborts a request or the wait before a retry; `callTool` has to watch it itself. */
  signal?: AbortSignal
  /**
   * Turns of an earlier try with the same texts and tools: not asked again, and not taken from the budget. Calls of
   * theirs that have an entry in `toolResults` are not run again either; the others go to `callTool`, also those that
   * had begun before a crash. In the order of `onTurn` and `onSummary`.
   */
  recorded?: readonly RecordedTurn[]
  /** Awaited before a new turn's calls run, so that they can be traced to a turn that is durable. Not called for recorded turns. */
  onTurn(turn: ConversationTurn, index: number): Promise<void>
  /**
   * Given: what no longer fits into a model's context window is summarised by the model, in one request within the budget
   * that `maxTurns` does not count. Awaited before the summary is used. Absent, or where a summary fails: the oldest
   * outputs and turns are left out by rule.
   */
  onSummary?: (summary: ConversationSummary) => Promise<void>
  /**
   * Runs one call; calls begin in the model's order. The text is fenced as data and cut at `TOOL_OUTPUT_LIMIT_BYTES`,
   * earlier for a model of a small window. A `ToolRefusedError` is told to the model; any other error ends the
   * conversation, after the calls that were under way have ended.
   */
  callTool(call: ToolCall, position: CallPosition): Promise<string>
  /** Awaited after each reservation in the budget and before the request: makes it durable. */
  onReserve?: () => Promise<void>
  /** Keeps an output that the model sees only a part of; returns where, in a few words. */
  keepOutput?: (call: ToolCall, text: string) => Promise<string>
  /** Progress, in order. Must not throw. */
  onEvent?: (event: ConversationEvent) => void
}

export type Conversation = ConversationEnding & {
  /** All turns, recorded ones first, with the results of their calls. */
  turns: ConversationTurn[]
  /** All summaries, recorded ones first; none when everything fitted. */
  summaries: ConversationSummary[]
  /** Of all turns and summaries, recorded ones included; turns of which the endpoint reported no usage count nothing. */
  usage: TokenUsage
  /** US dollars of the same; absent when the price of one is unknown. */
  costUsd?: number
}
