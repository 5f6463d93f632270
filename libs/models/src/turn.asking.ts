import type { Budget } from './budget.js'
import { BudgetExhaustedError, type BudgetCharge, type BudgetDimension } from './budget.state.js'
import { limitOutput, type ChatRequest } from './chat.request.js'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { ModelError, type ModelErrorCode } from './model.error.js'
import { allowOutput, DEFAULT_OUTPUT_TOKENS, LEAST_OUTPUT_TOKENS } from './output.allowance.js'
import { costOf, highestCostOf, type ModelPrice } from './price.table.js'
import { estimateTokens } from './token.estimate.js'
import { readUsage } from './turn.reading.js'

/** By this more is reserved while an answer grows. */
const LIKELY_BYTES_PER_TOKEN = 4
/** An answer that is longer by this count than its reservation has certainly outgrown it: no language packs denser. */
const MOST_BYTES_PER_TOKEN = 6
const EXTENSION_TOKENS = 256
/** After these the endpoint has done no work that it could charge for. */
const uncharged: readonly ModelErrorCode[] = [
  'unreachable',
  'unauthorized',
  'rate-limited',
  'invalid-request',
  'server-error',
  'context-too-long',
]

export interface PaidRequest {
  endpoint: ResolvedEndpoint
  price: ModelPrice | undefined
  request: ChatRequest
  budget: Budget
  signal: AbortSignal
  /** Awaited between the reservation and the request, so that the reservation can be made durable. */
  onReserve: (() => Promise<void>) | undefined
  onText: (text: string) => void
}

export interface PaidAnswer {
  completion: unknown
  /** Absent when the price is unknown. */
  costUsd: number | undefined
  /** The budget that the answer's length was limited by, if any. */
  cappedBy: BudgetDimension | undefined
}

/**
 * Asks the endpoint once, within the budget: its share is reserved before and settled after, whatever happens.
 *
 * @throws BudgetExhaustedError before or in the middle; ModelError; the signal's reason when aborted
 */
export async function askWithin(paid: PaidRequest): Promise<PaidAnswer> {
  const { endpoint, price, budget, signal, onReserve, onText } = paid
  const inputTokens = estimateTokens(JSON.stringify(paid.request))
  const { tokens: outputTokens, cappedBy } = allowOutput(
    endpoint.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
    inputTokens,
    budget.rest(),
    price,
  )
  if (cappedBy && outputTokens < LEAST_OUTPUT_TOKENS) throw new BudgetExhaustedError(cappedBy)
  const chargeFor = (input: number, output: number): BudgetCharge => ({
    tokens: input + output,
    costUsd: price ? highestCostOf(price, input, output) : 0,
    calls: 1,
  })
  const reservation = budget.reserve(chargeFor(inputTokens, outputTokens))
  // Where the budget has enough the endpoint's own limit holds; an answer that grows beyond its reservation extends it.
  const isLimited = cappedBy !== undefined || endpoint.maxOutputTokens !== undefined
  const request = isLimited ? limitOutput(paid.request, endpoint, outputTokens) : paid.request
  let reservedTokens = outputTokens
  let bytes = 0
  const onPiece = (text: string, soFar: number): void => {
    bytes = soFar
    const missing = Math.ceil(bytes / LIKELY_BYTES_PER_TOKEN) - reservedTokens
    if (missing > 0) {
      const more = Math.max(missing, EXTENSION_TOKENS)
      try {
        reservation.extend({ ...chargeFor(0, more), calls: 0 })
        reservedTokens += more
      } catch (error) {
        if (bytes / MOST_BYTES_PER_TOKEN > reservedTokens) throw error
      }
    }
    if (text !== '') onText(text)
  }
  try {
    await onReserve?.()
    // With it comes the package, which most services never need.
    const { streamModel } = await import('./chat.stream.js')
    const completion = await streamModel(endpoint, request, { signal, onPiece })
    const usage = readUsage(completion)
    // An answer that came whole came in no pieces.
    bytes ||= Buffer.byteLength(JSON.stringify(completion) ?? '')
    const used = usage
      ? {
          ...chargeFor(usage.inputTokens, usage.outputTokens),
          ...(price && { costUsd: costOf(price, usage) }),
        }
      : chargeFor(inputTokens, Math.ceil(bytes / LIKELY_BYTES_PER_TOKEN))
    reservation.settle(used, price === undefined)
    return { completion, costUsd: price ? used.costUsd : undefined, cappedBy }
  } catch (error) {
    const isFree = error instanceof ModelError && uncharged.includes(error.code) && bytes === 0
    const used = isFree
      ? { tokens: 0, costUsd: 0, calls: 1 }
      : chargeFor(inputTokens, Math.ceil(bytes / LIKELY_BYTES_PER_TOKEN))
    reservation.settle(used, price === undefined)
    throw error
  }
}
