import { describe, expect, it } from 'vitest'
import { inStatements } from './statement.groups.js'

describe('statements', () => {
  it('hold as many rows as fit, in order, and one that is too large alone', () => {
    const size = (row: number) => row
    expect(inStatements([4, 5, 2, 20, 1, 1], size, 10)).toEqual([[4, 5], [2], [20], [1, 1]])
    expect(inStatements([10], size, 10)).toEqual([[10]])
    expect(inStatements([], size, 10)).toEqual([])
  })
})
