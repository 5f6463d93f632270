import { describe, expect, it } from 'vitest'
import { isRefusedValue } from './insert.policy.js'

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
