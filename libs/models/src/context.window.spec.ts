import { describe, expect, it } from 'vitest'
import { leaveOut, nothingLeftOut, type LeftOut } from './context.window.js'

/** Ten tokens around everything; each turn has ten of its own and thirty of output. */
const sizeOf = (turnCount: number) => (left: LeftOut) =>
  10 + (turnCount - left.turns) * 10 + (turnCount - Math.max(left.outputs, left.turns)) * 30

describe('the rule for what is left out', () => {
  it('leaves all in that fits', () => {
    expect(leaveOut(sizeOf(5), 5, nothingLeftOut, 210)).toBe(nothingLeftOut)
  })

  it('begins with the oldest outputs and makes room for a while', () => {
    expect(leaveOut(sizeOf(5), 5, nothingLeftOut, 209)).toEqual({ outputs: 3, turns: 0 })
    expect(sizeOf(5)({ outputs: 3, turns: 0 })).toBeLessThanOrEqual(209 * 0.6)
  })

  it('goes on with the oldest turns', () => {
    expect(leaveOut(sizeOf(10), 10, nothingLeftOut, 220)).toEqual({ outputs: 8, turns: 4 })
  })

  it('never takes the last two turns, and nothing back', () => {
    expect(leaveOut(sizeOf(5), 5, nothingLeftOut, 1)).toEqual({ outputs: 3, turns: 3 })
    expect(leaveOut(sizeOf(2), 2, nothingLeftOut, 1)).toEqual(nothingLeftOut)
    const before = { outputs: 3, turns: 1 }
    expect(leaveOut(sizeOf(6), 6, before, 1_000)).toBe(before)
  })
})
