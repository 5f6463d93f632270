import { describe, expect, it } from 'vitest'
import { inStatements, isRefusedValue } from './insert.policy.js'

describe('statements', () => {
  it('hold as many rows as fit, in order, and one that is too large alone', () => {
    const size = (row: number) => row
    expect(inStatements([4, 5, 2, 20, 1, 1], size, 10)).toEqual([[4, 5], [2], [20], [1, 1]])
    expect(inStatements([10], size, 10)).toEqual([[10]])
    expect(inStatements([], size, 10)).toEqual([])
  })
})

describe('a failed statement', () => {
  it.each([
    [{ sqlState: '22001' }, true],
    [{ sqlState: '23000', errno: 4025 }, true],
    [{ sqlState: 'HY000', errno: 1366 }, true],
    [{ sqlState: '40001', errno: 1213 }, false],
    [{ code: 'ECONNREFUSED' }, false],
    [undefined, false],
  ])('with %j was refused for its values: %s', (driverError, refused) => {
    expect(isRefusedValue({ driverError })).toBe(refused)
  })
})
