import type { Budget } from './budget.js'
import { BudgetExhaustedError } from './budget.state.js'
import type { ConversationTurn, RequestedToolCall, TokenUsage } from './conversation.turn.js'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { placeOf } from './model.error.js'
import { highestCostOf, type ModelPrice } from './price.table.js'
import { summaryRequest, type SummaryMaterial } from './summary.request.js'
import { estimateTokens } from './token.estimate.js'
import { mapToolNames } from './tool.names.js'
import { cutToolOutput } from './tool.output.js'
import { askWithin } from './turn.asking.js'
import { readTurn } from './turn.reading.js'

/**
 * What a model wrote in the place of a conversation's oldest turns. Plain JSON: it is recorded among the turns, so that a
 * replay shows the same text again.
 */
export interface ConversationSummary {
  kind: 'summary'
  /** The model that wrote it, in the endpoint's own words. */
  model: string
  text: string
  /** It stands for so many of the oldest turns. */
  turns: number
  /** Absent when the endpoint reported none. */
  usage?: TokenUsage
  /** US dollars; absent when the model's price was unknown. */
  costUsd?: number
}

/** Everything that is recorded of a conversation. */
export type RecordedTurn = ConversationTurn | ConversationSummary

/** The calls that a turn asks for; a summary asks for none. */
export function callsOf(turn: RecordedTurn): readonly RequestedToolCall[] {
  return turn.kind === 'summary' ? [] : turn.toolCalls
}

/** A summary that nobody can use; the message says why and quotes nothing. */
export class SummaryError extends Error {
  override name = 'SummaryError'
}

const MOST_SUMMARY_TOKENS = 2_000
const LEAST_SUMMARY_TOKENS = 200
/** Of the room for input. */
const SUMMARY_SHARE = 1 / 8
const BYTES_PER_TOKEN = 4
/** What one summary reads at most, so that it costs little beside the conversation; longer outputs are cut for it. */
const MOST_MATERIAL_BYTES = 256 * 1024
const MATERIAL_SHARE = 0.6
/** It is not worth more time than this, whatever the endpoint's own limit. */
const LONGEST_MS = 120_000

export interface SummaryOrder {
  material: Omit<SummaryMaterial, 'limitBytes'>
  /** Room for the input of a turn. */
  limitTokens: number
  /** Tokens of the turn that comes after the summary, the summary not counted. */
  nextTokens: number
  endpoint: ResolvedEndpoint
  price: ModelPrice | undefined
  budget: Budget
  signal: AbortSignal
  onReserve: (() => Promise<void>) | undefined
}

/**
 * Has the material summarised in one request, which is not repeated, and only when the budget has enough for it and for
 * the turn that is waiting.
 *
 * @throws SummaryError; BudgetExhaustedError; ModelError; the signal's reason when aborted
 */
export async function summarise(order: SummaryOrder): Promise<ConversationSummary> {
  const { limitTokens, budget, price, signal, onReserve, material } = order
  const limitBytes = Math.min(MOST_MATERIAL_BYTES, Math.floor(limitTokens * MATERIAL_SHARE) * 3)
  const request = summaryRequest({ ...material, limitBytes })
  const tokens = summaryTokens(limitTokens, order.endpoint)
  const inputTokens = estimateTokens(JSON.stringify(request))
  checkRest(order, inputTokens, tokens)
  const endpoint = {
    ...order.endpoint,
    maxOutputTokens: tokens,
    longestMs: Math.min(LONGEST_MS, order.endpoint.longestMs),
  }
  const paid = { endpoint, price, request, budget, signal, onReserve, onText: () => undefined }
  const { completion, costUsd } = await askWithin(paid)
  const names = mapToolNames([])
  const said = readTurn(completion, { place: placeOf(endpoint), turnIndex: 0, names, usedCallIds: new Set() })
  return {
    kind: 'summary',
    model: said.model,
    text: textOf(said, tokens * BYTES_PER_TOKEN),
    turns: material.turns.length,
    ...(said.usage && { usage: said.usage }),
    ...(costUsd !== undefined && { costUsd }),
  }
}

function summaryTokens(limitTokens: number, { maxOutputTokens = Infinity }: ResolvedEndpoint): number {
  const share = Math.max(LEAST_SUMMARY_TOKENS, Math.floor(limitTokens * SUMMARY_SHARE))
  return Math.min(MOST_SUMMARY_TOKENS, maxOutputTokens, share)
}

/** A summary that left nothing for the turn it was made for would be worse than none. */
function checkRest({ budget, price, nextTokens }: SummaryOrder, inputTokens: number, tokens: number): void {
  const rest = budget.rest()
  const input = inputTokens + nextTokens + tokens
  const output = 2 * tokens
  if (rest.calls < 2) throw new BudgetExhaustedError('calls')
  if (rest.tokens < input + output) throw new BudgetExhaustedError('tokens')
  const costUsd = price ? highestCostOf(price, input, output) : 0
  if (rest.costUsd < costUsd) throw new BudgetExhaustedError('costUsd')
}

function textOf({ text, refusal, finishReason, toolCalls }: ConversationTurn, limitBytes: number): string {
  if (refusal !== undefined || finishReason === 'content_filter') {
    throw new SummaryError('the model declined to summarise')
  }
  if (text.trim() === '' || toolCalls.length > 0) throw new SummaryError('the model gave no summary')
  const whole = cutToolOutput(text.trim(), limitBytes)
  return finishReason === 'length' ? `${whole}\n[The summary was cut here.]` : whole
}
