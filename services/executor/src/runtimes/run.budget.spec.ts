import { allRights } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { skill, taskRun } from '../runs/run.fixture.js'
import { narrowLimits, openBudget, RunBudget, type SharedWith, shareOf } from './run.budget.js'

const request = (budget?: unknown) =>
  taskRun([skill({})], {}, { configuration: budget === undefined ? {} : { budget } })
const open = (task: ReturnType<typeof request>, operators = {}) => openBudget(task, operators, null, [])

describe('the budget of a run', () => {
  it('is the narrowest of the operator’s, the run’s and the agent’s, limit by limit', () => {
    expect(narrowLimits({ tokens: 10, calls: 5 }, { tokens: 20, costUsd: 1 })).toEqual({
      tokens: 10,
      calls: 5,
      costUsd: 1,
    })
    expect(open(request({ tokens: 7 }), { tokens: 10 }).own.limits).toEqual({ tokens: 7 })
    expect(open(request()).own.limits).toEqual({})
    const rights = { ...allRights, budget: { tokens: 5, costUsd: 1, modelCalls: 3, calls: 2, wallMs: 9 } }
    const narrow = { ...request({ tokens: 7 }), rights }
    expect(open(narrow, { tokens: 10 }).own.limits).toEqual({ tokens: 5, costUsd: 1, calls: 3 })
  })

  it('is what was left where there is a record', () => {
    const before = open(request({ tokens: 100 })).own
    before.reserve({ tokens: 40, costUsd: 0, calls: 1 })
    const after = openBudget(request({ tokens: 100 }), {}, before.toJSON(), [])
    expect(after.own.rest().tokens).toBe(60)
  })

  it.each([{ tokens: -1 }, { tokens: 'many' }, { coins: 1 }])('is not made of %j', (budget) => {
    expect(() => open(request(budget))).toThrow(expect.objectContaining({ code: 'invalid-budget' }))
  })
})

describe('a share of what is left', () => {
  const rest = { tokens: 101, costUsd: 0.5, modelCalls: 1, calls: Infinity }

  it('is half, or what is asked for as far as it is there, and unlimited only where the run is', () => {
    expect(shareOf(rest, {})).toEqual({ tokens: 50, costUsd: 0.25, modelCalls: 1 })
    expect(shareOf(rest, { tokens: 500, costUsd: 0.1, calls: 7 })).toEqual({
      tokens: 101,
      costUsd: 0.1,
      modelCalls: 1,
      calls: 7,
    })
  })

  it('is refused where nothing is left', () => {
    expect(shareOf({ ...rest, tokens: 0.5 }, {})).toEqual({ usedUp: 'tokens' })
    expect(shareOf({ ...rest, costUsd: 0 }, { costUsd: 0 })).toEqual({ usedUp: 'costUsd' })
    expect(shareOf({ ...rest, calls: 0 }, {})).toEqual({ usedUp: 'calls' })
  })
})

describe('a budget that is shared with tasks', () => {
  const limits = { tokens: 1_000, costUsd: 1, calls: 10, wallMs: 60_000 }
  const share = { tokens: 400, costUsd: 0.4, modelCalls: 4, calls: 8 }
  const used = { tokens: 100, costUsd: 0.1, modelCalls: 2, calls: 3 }
  const handedOn = (ended: SharedWith['ended']): SharedWith[] => [{ delegatedTaskId: 'a', share, ended }]

  it('holds a share back until the task has ended, and then charges what it used', () => {
    const budget = new RunBudget(limits, 20, null, [])
    expect(budget.handOn('a', share, 2)).toEqual(share)
    expect(budget.own.rest()).toMatchObject({ tokens: 600, costUsd: 0.6, calls: 6 })
    expect(budget.callsElsewhere).toBe(8)
    // Of 20 calls 2 are made and 8 given away.
    expect(budget.handOn('b', { calls: 100 }, 2)).toMatchObject({ tokens: 300, calls: 10 })
    budget.takeBack('a', used)
    budget.takeBack('a', used)
    expect(budget.own.rest()).toMatchObject({ tokens: 600, costUsd: 0.6, calls: 5 })
    expect(budget.callsElsewhere).toBe(13)
    expect(budget.used(2)).toEqual({ tokens: 400, costUsd: 0.4, modelCalls: 5, calls: 15 })
  })

  it('goes on in another process with the shares that are out, and counts nothing twice', () => {
    const first = new RunBudget(limits, 20, null, [])
    first.own.reserve({ tokens: 50, costUsd: 0, calls: 1 }).settle({ tokens: 30, costUsd: 0.2, calls: 1 })
    first.handOn('a', share, 0)
    const state = first.own.toJSON()
    expect(state).toMatchObject({ limits, spent: { tokens: 30, calls: 1 }, reserved: { tokens: 0 } })
    const waiting = new RunBudget(state.limits, 20, state, handedOn(null))
    expect(waiting.own.rest()).toMatchObject({ tokens: 570, costUsd: 0.4, calls: 5 })
    const ended = new RunBudget(state.limits, 20, waiting.own.toJSON(), handedOn({ used }))
    expect(ended.own.rest()).toMatchObject({ tokens: 870, costUsd: 0.7, calls: 7 })
    expect(ended.own.toJSON()).toMatchObject({ spent: { tokens: 30, calls: 1 } })
    expect(ended.used(1)).toEqual({ tokens: 130, costUsd: 0.3, modelCalls: 3, calls: 4 })
  })

  it('is used up when a task took more than its share', () => {
    const budget = new RunBudget({ tokens: 500 }, undefined, null, [])
    budget.handOn('a', { tokens: 400 }, 0)
    budget.takeBack('a', { ...used, tokens: 520 })
    expect(budget.own.rest().tokens).toBe(-20)
    expect(() => budget.own.reserve({ tokens: 1, costUsd: 0, calls: 1 })).toThrow(/tokens/)
    expect(budget.handOn('b', {}, 0)).toEqual({ usedUp: 'tokens' })
  })
})
