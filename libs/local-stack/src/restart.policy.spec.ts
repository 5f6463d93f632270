import { describe, expect, it } from 'vitest'

import { restartDelayMs } from './restart.policy.js'

describe('restartDelayMs', () => {
  it('starts a process that died for the first time almost at once', () => {
    expect(restartDelayMs(0, 5)).toBe(100)
  })

  it('doubles the wait with each early death, up to five seconds', () => {
    const waits = [0]
    for (let death = 0; death < 8; death += 1) waits.push(restartDelayMs(waits.at(-1) ?? 0, 5))
    expect(waits.slice(1)).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  })

  it('forgets earlier deaths once a life lasted thirty seconds', () => {
    expect(restartDelayMs(5_000, 29_999)).toBe(5_000)
    expect(restartDelayMs(5_000, 30_000)).toBe(100)
  })
})
