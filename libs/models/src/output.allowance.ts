import type { BudgetDimension, BudgetRest } from './budget.state.js'
import { highestCostOf, type ModelPrice } from './price.table.js'

/** What is reserved for an answer where the endpoint's settings name no limit; one that grows longer takes more. */
export const DEFAULT_OUTPUT_TOKENS = 4_096
/** With less than this no answer is worth its input. */
export const LEAST_OUTPUT_TOKENS = 16

export interface OutputAllowance {
  tokens: number
  /** Set when the budget is what limits the answer. */
  cappedBy?: BudgetDimension
}

/**
 * How long an answer may become.
 *
 * @param wanted what the endpoint's settings allow
 * @returns fewer than `LEAST_OUTPUT_TOKENS` when the budget has too little left
 */
export function allowOutput(
  wanted: number,
  inputTokens: number,
  rest: BudgetRest,
  price: ModelPrice | undefined,
): OutputAllowance {
  const byTokens = rest.tokens - inputTokens
  const byCost = price ? tokensFor(rest.costUsd, inputTokens, price) : Infinity
  if (wanted <= Math.min(byTokens, byCost)) return { tokens: wanted }
  return byTokens <= byCost
    ? { tokens: Math.max(0, byTokens), cappedBy: 'tokens' }
    : { tokens: Math.max(0, byCost), cappedBy: 'costUsd' }
}

function tokensFor(costUsd: number, inputTokens: number, price: ModelPrice): number {
  if (costUsd === Infinity) return Infinity
  const rest = (costUsd - highestCostOf(price, inputTokens, 0)) * 1_000_000
  if (rest < 0) return 0
  return price.outputUsdPerMillion === 0 ? Infinity : Math.floor(rest / price.outputUsdPerMillion)
}
