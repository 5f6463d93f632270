import { expect, it } from 'vitest'
import { busGoals, type Goal, outcomesOf, rate, ratio } from './ratio.goals.js'
import type { Measurement } from './scenario.js'

const at = (perSecond: number): Measurement => ({ messages: 1, rate: perSecond })
const goal: Goal = { name: 'a / b', is: 'at least', value: 2, of: ratio(rate, 'a', 'b') }

it('takes the ratio inside each round, then the median of the rounds', () => {
  const rounds = [
    { a: at(100), b: at(10) },
    { a: at(30), b: at(20) },
    { a: at(3), b: at(1) },
  ]
  expect(outcomesOf([goal], rounds)).toEqual([
    { name: 'a / b', goal: 'at least 2', figure: 3, perRound: [10, 1.5, 3], isReached: true },
  ])
})

it('says of a limit that is passed that it is not reached', () => {
  const limit: Goal = { ...goal, is: 'at most' }
  expect(outcomesOf([limit], [{ a: at(3), b: at(1) }])[0]?.isReached).toBe(false)
})

it('leaves out what no round has the figures for', () => {
  expect(outcomesOf([goal, ...busGoals], [{ a: at(1) }])).toEqual([])
})
