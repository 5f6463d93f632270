/** What may be used; what is absent is not limited here. */
export interface BudgetLimits {
  /** Input and output of models together. */
  tokens?: number
  costUsd?: number
  /** Requests to models, retries included. */
  calls?: number
  wallMs?: number
}

export type BudgetDimension = keyof BudgetLimits

/** What one model call takes. */
export interface BudgetCharge {
  tokens: number
  costUsd: number
  calls: number
}

export interface BudgetSpent extends BudgetCharge {
  wallMs: number
  /** Calls whose cost is unknown and therefore not in `costUsd`. */
  unpricedCalls: number
}

export type BudgetRest = Required<BudgetLimits>

/** Plain JSON, for `Budget.resume`. */
export interface BudgetState {
  limits: BudgetLimits
  spent: BudgetSpent
  reserved: BudgetCharge
}

const words: Record<BudgetDimension, string> = {
  tokens: 'tokens',
  costUsd: 'cost',
  calls: 'model calls',
  wallMs: 'time',
}

/** Too little is left for what was asked. */
export class BudgetExhaustedError extends Error {
  override name = 'BudgetExhaustedError'

  constructor(readonly dimension: BudgetDimension) {
    super(`the budget of ${words[dimension]} is used up`)
  }
}

export function checkLimits(limits: BudgetLimits): void {
  for (const [name, limit] of Object.entries(limits) as [string, unknown][]) {
    if (!(name in words))
      throw new RangeError(`A budget limits ${Object.keys(words).join(', ')}, not ${name}`)
    if (limit !== undefined && !(typeof limit === 'number' && limit >= 0)) {
      throw new RangeError(`The budget's ${name} must be a number of at least 0`)
    }
  }
}
