import { allRights } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { skill, taskRun } from '../runs/run.fixture.js'
import { narrowLimits, openBudget } from './run.budget.js'

const request = (budget?: unknown) =>
  taskRun([skill({})], {}, { configuration: budget === undefined ? {} : { budget } })

describe('the budget of a run', () => {
  it('is the narrowest of the operator’s, the run’s and the agent’s, limit by limit', () => {
    expect(narrowLimits({ tokens: 10, calls: 5 }, { tokens: 20, costUsd: 1 })).toEqual({
      tokens: 10,
      calls: 5,
      costUsd: 1,
    })
    expect(openBudget(request({ tokens: 7 }), { tokens: 10 }, null).limits).toEqual({ tokens: 7 })
    expect(openBudget(request(), {}, null).limits).toEqual({})
    const rights = { ...allRights, budget: { tokens: 5, costUsd: 1, calls: 2, wallMs: 9 } }
    const narrow = { ...request({ tokens: 7 }), rights }
    expect(openBudget(narrow, { tokens: 10 }, null).limits).toEqual({ tokens: 5, costUsd: 1 })
  })

  it('is what was left where there is a record', () => {
    const before = openBudget(request({ tokens: 100 }), {}, null)
    before.reserve({ tokens: 40, costUsd: 0, calls: 1 })
    expect(openBudget(request({ tokens: 100 }), {}, before.toJSON()).rest().tokens).toBe(60)
  })

  it.each([{ tokens: -1 }, { tokens: 'many' }, { coins: 1 }])('is not made of %j', (budget) => {
    expect(() => openBudget(request(budget), {}, null)).toThrow(
      expect.objectContaining({ code: 'invalid-budget' }),
    )
  })
})
