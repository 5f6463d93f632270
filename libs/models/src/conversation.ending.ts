import { BudgetExhaustedError, type BudgetDimension } from './budget.state.js'
import type { ConversationTurn } from './conversation.turn.js'
import { ModelError } from './model.error.js'

/** Why a conversation is over. No two of them call for the same answer. */
export type ConversationEnding =
  /** The model is done; the text may be empty. `value`: the text read as JSON, where a schema was asked for. */
  | { reason: 'completed'; text: string; value?: unknown }
  /** The model, or a filter of its endpoint, declined; the text may be empty. Calls of that turn did not run. */
  | { reason: 'refused'; text: string }
  /** The turn reached the limit on output; the text is its beginning. Calls in it did not run: they may be half written. */
  | { reason: 'output_limit'; text: string }
  /** Two answers did not fit the schema that was asked for. */
  | { reason: 'invalid_output'; text: string; problem: string }
  /** The last turn allowed asked for tools. They did not run, since nobody would have read their output. */
  | { reason: 'max_turns' }
  /** Too little of this is left for another turn, or for the whole of this one. */
  | { reason: 'budget_exhausted'; dimension: BudgetDimension }
  /** The conversation does not fit into the model's context, whatever the rule leaves out. */
  | { reason: 'context_overflow' }
  /** No endpoint gave a usable turn. */
  | { reason: 'endpoint_failed'; error: ModelError }
  /** The endpoint began to answer and then said nothing more. */
  | { reason: 'stalled'; error: ModelError }
  /** The signal was aborted; with this reason. */
  | { reason: 'canceled'; cause: unknown }

export type EndingReason = ConversationEnding['reason']

/** The ending that a turn is, if it is one. */
export function endingOf(turn: ConversationTurn, isLastAllowed: boolean): ConversationEnding | undefined {
  if (turn.refusal !== undefined) return { reason: 'refused', text: turn.refusal }
  if (turn.finishReason === 'content_filter') return { reason: 'refused', text: turn.text }
  if (turn.finishReason === 'length') {
    const { cappedBy, text } = turn
    return cappedBy ? { reason: 'budget_exhausted', dimension: cappedBy } : { reason: 'output_limit', text }
  }
  if (turn.toolCalls.length > 0) return isLastAllowed ? { reason: 'max_turns' } : undefined
  return { reason: 'completed', text: turn.text }
}

/** The ending that an error is, if it is one; any other is for the caller. */
export function endingByError(
  error: unknown,
  signal: AbortSignal | undefined,
): ConversationEnding | undefined {
  if (signal?.aborted && error === signal.reason) return { reason: 'canceled', cause: error }
  if (error instanceof BudgetExhaustedError) return { reason: 'budget_exhausted', dimension: error.dimension }
  if (!(error instanceof ModelError)) return undefined
  if (error.code === 'context-too-long') return { reason: 'context_overflow' }
  return { reason: error.code === 'stalled' ? 'stalled' : 'endpoint_failed', error }
}
