import {
  BudgetExhaustedError,
  checkLimits,
  type BudgetCharge,
  type BudgetLimits,
  type BudgetRest,
  type BudgetSpent,
  type BudgetState,
} from './budget.state.js'

const nothing: BudgetCharge = { tokens: 0, costUsd: 0, calls: 0 }
const counted = ['tokens', 'costUsd', 'calls'] as const
/** Sums of dollars in floating point: a hundredth of a millionth is nobody's money. */
const roundUsd = (usd: number): number => Math.round(usd * 1e8) / 1e8

export interface BudgetOptions {
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  now?: () => number
}

/** What one call was given. It stays taken until it is settled. */
export interface Reservation {
  /**
   * Takes more for the same call.
   *
   * @throws BudgetExhaustedError; what was taken before stays taken
   */
  extend(more: BudgetCharge): void
  /** Gives back what was not used, or counts what was used beyond it. Only the first time has an effect. */
  settle(used: BudgetCharge, isUnpriced?: boolean): void
}

/**
 * What an agent and its child agents may use together. A call's share is reserved before the call and settled after it,
 * so that calls side by side cannot spend the same rest twice. All of it is synchronous: no other call comes in between.
 *
 * Wall time is the time that the budget was in use: between `new` or `resume` and now, earlier uses included.
 */
export class Budget {
  private spent: BudgetSpent = { ...nothing, wallMs: 0, unpricedCalls: 0 }
  private reserved: BudgetCharge = nothing
  private readonly parent: Budget | undefined
  private readonly now: () => number
  private readonly sinceMs: number

  /** @throws RangeError for a limit that is not a number of at least 0 */
  constructor(
    readonly limits: BudgetLimits,
    { now = () => performance.now() }: BudgetOptions = {},
    parent?: Budget,
  ) {
    checkLimits(limits)
    this.parent = parent
    this.now = now
    this.sinceMs = now()
  }

  /**
   * Goes on with what an earlier process left. What was reserved when it ended counts as spent: nobody knows whether
   * the endpoint did that work.
   * @param within it counts there too
   */
  static resume(
    { limits, spent, reserved }: BudgetState,
    { within, ...options }: BudgetOptions & { within?: Budget } = {},
  ): Budget {
    const budget = new Budget(limits, options, within)
    budget.spent = { ...spent, ...add(spent, reserved) }
    within?.charge(budget.spent)
    return budget
  }

  /** A budget within this one: whatever it takes is taken here too. Without limits of its own it has all of this one. */
  child(limits: BudgetLimits = {}): Budget {
    return new Budget(limits, { now: this.now }, this)
  }

  /** Whether this budget or one that it lies in limits the cost. */
  get limitsCost(): boolean {
    return this.limits.costUsd !== undefined || (this.parent?.limitsCost ?? false)
  }

  /** What can still be reserved; `Infinity` where nothing limits it. */
  rest(): BudgetRest {
    const { tokens = Infinity, costUsd = Infinity, calls = Infinity, wallMs = Infinity } = this.limits
    const taken = add(this.spent, this.reserved)
    const own = {
      tokens: tokens - taken.tokens,
      costUsd: roundUsd(costUsd - taken.costUsd),
      calls: calls - taken.calls,
      wallMs: wallMs - this.wallMs(),
    }
    const above = this.parent?.rest()
    if (!above) return own
    return {
      tokens: Math.min(own.tokens, above.tokens),
      costUsd: Math.min(own.costUsd, above.costUsd),
      calls: Math.min(own.calls, above.calls),
      wallMs: Math.min(own.wallMs, above.wallMs),
    }
  }

  /** @throws BudgetExhaustedError when it does not fit here or in a budget that this one lies in; then nothing is taken */
  reserve(charge: BudgetCharge): Reservation {
    this.take(charge)
    return this.reservationOf(charge)
  }

  /** Takes what was given away before, whether or not it fits by now. */
  hold(charge: BudgetCharge): Reservation {
    this.reserveAlong(charge)
    return this.reservationOf(charge)
  }

  /** Counts what was used elsewhere, whether or not it fits. */
  charge(used: BudgetCharge): void {
    this.giveBack(nothing, used, false)
  }

  toJSON(): BudgetState {
    const { limits, reserved } = this
    return { limits, spent: { ...this.spent, wallMs: this.wallMs() }, reserved }
  }

  private reservationOf(charge: BudgetCharge): Reservation {
    let held = charge
    let isSettled = false
    return {
      extend: (more) => {
        if (isSettled) throw new Error('a settled reservation cannot be extended')
        this.take(more)
        held = add(held, more)
      },
      settle: (used, isUnpriced = false) => {
        if (isSettled) return
        isSettled = true
        this.giveBack(held, used, isUnpriced)
      },
    }
  }

  private take(charge: BudgetCharge): void {
    const rest = this.rest()
    if (rest.wallMs <= 0) throw new BudgetExhaustedError('wallMs')
    const short = counted.find((dimension) => charge[dimension] > rest[dimension])
    if (short) throw new BudgetExhaustedError(short)
    this.reserveAlong(charge)
  }

  private reserveAlong(charge: BudgetCharge): void {
    this.reserved = add(this.reserved, charge)
    this.parent?.reserveAlong(charge)
  }

  private giveBack(held: BudgetCharge, used: BudgetCharge, isUnpriced: boolean): void {
    const { tokens, costUsd, calls } = held
    this.reserved = add(this.reserved, { tokens: -tokens, costUsd: -costUsd, calls: -calls })
    const { wallMs, unpricedCalls } = this.spent
    this.spent = { ...add(this.spent, used), wallMs, unpricedCalls: unpricedCalls + (isUnpriced ? 1 : 0) }
    this.parent?.giveBack(held, used, isUnpriced)
  }

  private wallMs(): number {
    return Math.round(this.spent.wallMs + this.now() - this.sinceMs)
  }
}

function add(one: BudgetCharge, other: BudgetCharge): BudgetCharge {
  return {
    tokens: one.tokens + other.tokens,
    costUsd: roundUsd(one.costUsd + other.costUsd),
    calls: one.calls + other.calls,
  }
}
