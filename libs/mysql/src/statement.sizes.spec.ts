import { describe, expect, it } from 'vitest'
import { statementSizes } from './statement.sizes.js'

describe('the statements that insert rows', () => {
  it.each([
    [0, []],
    [1, [1]],
    [20, [20]],
    [32, [32]],
    [33, [32, 1]],
    [250, [128, 64, 32, 26]],
    [256, [256]],
    [600, [512, 64, 24]],
  ])('take %i rows as %j', (rows, sizes) => {
    expect(statementSizes(rows)).toEqual(sizes)
  })

  it('are of few sizes, and take every row', () => {
    const seen = new Set<number>()
    for (let rows = 1; rows <= 1_000; rows += 1) {
      const sizes = statementSizes(rows)
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(rows)
      for (const size of sizes) seen.add(size)
    }
    expect(seen.size).toBeLessThan(40)
  })
})
