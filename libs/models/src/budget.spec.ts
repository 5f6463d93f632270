import { describe, expect, it } from 'vitest'
import { Budget } from './budget.js'
import type { BudgetCharge, BudgetLimits, BudgetState } from './budget.state.js'

const charge = (tokens: number, costUsd = 0, calls = 1): BudgetCharge => ({ tokens, costUsd, calls })
const nothing = charge(0, 0, 0)

function open(limits: BudgetLimits) {
  const clock = { ms: 1_000 }
  return { clock, budget: new Budget(limits, { now: () => clock.ms }) }
}

describe('a budget', () => {
  it('holds a reservation until it is settled, and gives back what was not used', () => {
    const { budget } = open({ tokens: 100 })
    const reservation = budget.reserve(charge(60))
    expect(() => budget.reserve(charge(50))).toThrow(expect.objectContaining({ dimension: 'tokens' }))
    expect(budget.rest().tokens).toBe(40)
    reservation.settle(charge(10))
    reservation.settle(charge(99))
    expect(budget.rest()).toEqual({ tokens: 90, costUsd: Infinity, calls: Infinity, wallMs: Infinity })
  })

  it('counts what was used beyond the reservation, and then gives nothing more', () => {
    const { budget } = open({ tokens: 100 })
    budget.reserve(charge(50)).settle(charge(120))
    expect(budget.rest().tokens).toBe(-20)
    expect(() => budget.reserve(nothing)).toThrow(expect.objectContaining({ dimension: 'tokens' }))
  })

  it.each([
    [{ tokens: 9 }, 'tokens'],
    [{ costUsd: 0.009 }, 'costUsd'],
    [{ calls: 0 }, 'calls'],
    [{ wallMs: 0 }, 'wallMs'],
  ])('of %j says that its %s are used up', (limits: BudgetLimits, dimension) => {
    const { budget } = open(limits)
    expect(() => budget.reserve(charge(10, 0.01))).toThrow(expect.objectContaining({ dimension }))
    expect(budget.toJSON().reserved, 'nothing is taken').toEqual(nothing)
  })

  it('can be used up to the last', () => {
    const { budget } = open({ tokens: 10, costUsd: 0.3, calls: 3 })
    for (let call = 0; call < 3; call++) budget.reserve(charge(3, 0.1)).settle(charge(3, 0.1))
    expect(budget.rest()).toMatchObject({ tokens: 1, costUsd: 0, calls: 0 })
  })

  it('can give a call more, or not', () => {
    const { budget } = open({ tokens: 100 })
    const reservation = budget.reserve(charge(60))
    reservation.extend(charge(30, 0, 0))
    expect(() => reservation.extend(charge(11, 0, 0))).toThrow('the budget of tokens is used up')
    reservation.settle(nothing)
    expect(budget.rest().tokens).toBe(100)
  })

  it('counts the time in which it is used', () => {
    const { budget, clock } = open({ wallMs: 50 })
    clock.ms += 49
    expect(budget.rest().wallMs).toBe(1)
    clock.ms += 1
    expect(() => budget.reserve(nothing)).toThrow(expect.objectContaining({ dimension: 'wallMs' }))
  })

  it.each([{ tokens: -1 }, { costUsd: Number.NaN }, { calls: '3' }, { coins: 3 }])(
    'is not made of %j',
    (limits) => {
      expect(() => new Budget(limits as BudgetLimits)).toThrow(RangeError)
    },
  )
})

describe('child budgets', () => {
  it('share what their parent has, each within its own limits', () => {
    const { budget } = open({ tokens: 100 })
    const first = budget.child({ tokens: 80 })
    const second = budget.child()
    const held = first.reserve(charge(80))
    expect(second.rest().tokens).toBe(20)
    expect(() => second.reserve(charge(21))).toThrow(expect.objectContaining({ dimension: 'tokens' }))
    held.settle(charge(30))
    expect(first.rest().tokens).toBe(50)
    expect(second.rest().tokens).toBe(70)
    expect(budget.toJSON().spent).toMatchObject({ tokens: 30, calls: 1 })
  })

  it('hold through any number of generations', () => {
    const { budget } = open({ costUsd: 1 })
    const grandchild = budget.child().child({ tokens: 10 })
    expect(grandchild.limitsCost).toBe(true)
    grandchild.reserve(charge(5, 0.75)).settle(charge(5, 0.75))
    expect(() => grandchild.reserve(charge(5, 0.5))).toThrow(
      expect.objectContaining({ dimension: 'costUsd' }),
    )
    expect(open({ tokens: 1 }).budget.child().limitsCost).toBe(false)
  })
})

describe('what is given to others', () => {
  it('is held whether it fits or not, and charged as it was used', () => {
    const { budget } = open({ tokens: 100 })
    const held = budget.hold(charge(120))
    expect(budget.rest().tokens).toBe(-20)
    held.settle(charge(50))
    budget.charge(charge(60))
    expect(budget.rest().tokens).toBe(-10)
    expect(() => budget.reserve(charge(1))).toThrow(expect.objectContaining({ dimension: 'tokens' }))
  })
})

describe('a budget that another process goes on with', () => {
  const state = (budget: Budget) => JSON.parse(JSON.stringify(budget)) as BudgetState

  it('has what was left, and what was under way counts as spent', () => {
    const { budget, clock } = open({ tokens: 100, calls: 5, wallMs: 1_000 })
    budget.reserve(charge(20)).settle(charge(10), true)
    budget.reserve(charge(30))
    clock.ms += 400
    const resumed = Budget.resume(state(budget), { now: () => 5 })
    expect(resumed.rest()).toEqual({ tokens: 60, costUsd: Infinity, calls: 3, wallMs: 600 })
    expect(resumed.toJSON()).toMatchObject({ spent: { unpricedCalls: 1 }, reserved: nothing })
  })

  it('counts in the budget that it lies in', () => {
    const { budget } = open({ tokens: 100 })
    budget.reserve(charge(20)).settle(charge(10))
    budget.reserve(charge(30))
    const within = open({ tokens: 90 }).budget
    const resumed = Budget.resume(state(budget), { within })
    expect([resumed.rest().tokens, within.rest().tokens]).toEqual([50, 50])
    resumed.reserve(charge(5))
    expect(within.rest().tokens).toBe(45)
  })

  it('is the same after any number of hand-overs', () => {
    const { budget } = open({ tokens: 100 })
    budget.reserve(charge(30))
    const once = Budget.resume(state(budget), { now: () => 0 })
    expect(state(Budget.resume(state(once), { now: () => 9 }))).toEqual(state(once))
  })
})
