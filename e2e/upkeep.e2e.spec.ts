import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'
import { RunningStack } from './running.stack.js'

let guildhall: RunningStack
let ledger: Ledger

beforeAll(async () => {
  guildhall = await RunningStack.start()
  ledger = await Ledger.open(guildhall)
})
afterAll(() => guildhall.stop())

describe('a running stack', () => {
  it('completes a task within 5 s after Redis has lost its functions', async () => {
    await guildhall.run(ledger.task('before the loss'))
    const redis = guildhall.redis('admin')
    await redis.call('FUNCTION', 'FLUSH')
    redis.disconnect()
    const lostAtMs = Date.now()
    const { task } = await guildhall.run(ledger.task('after the loss'))
    expect(Date.now() - lostAtMs).toBeLessThan(5_000)
    expect(task).toMatchObject({ state: 'completed', result: 'appended' })
    expect(ledger.timesOf('after the loss')).toBe(1)
  })
})
