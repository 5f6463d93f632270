import { describe, expect, it } from 'vitest'
import { isLockConflict, retryPauseMs } from './transaction.retry.js'

describe('transaction retry', () => {
  it('repeats deadlocks and lock timeouts only, wherever the driver put the number', () => {
    expect(isLockConflict({ errno: 1213 })).toBe(true)
    expect(isLockConflict({ driverError: { errno: 1205 } })).toBe(true)
    expect(isLockConflict({ errno: 1062 })).toBe(false)
    expect(isLockConflict(new Error('1213'))).toBe(false)
    expect(isLockConflict(undefined)).toBe(false)
  })

  it('waits longer each time, up to 200 ms, anywhere between nothing and that', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7].map((retry) => retryPauseMs(retry, () => 1))
    expect(longest).toEqual([10, 20, 40, 80, 160, 200, 200])
    expect(retryPauseMs(3, () => 0)).toBe(0)
  })
})
