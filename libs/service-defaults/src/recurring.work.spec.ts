import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { RecurringWork } from './recurring.work.js'

const logger = () => ({ error: vi.fn() })

it('goes on after failures, and tells of the first of a row only', async () => {
  const log = logger()
  const outcomes = ['fails', 'fails', 'works', 'fails']
  let times = 0
  const recurring = new RecurringWork({
    everyMs: 1,
    failure: 'cannot work for now',
    logger: log,
    work: () => (outcomes[times++] === 'fails' ? Promise.reject(new Error('away')) : Promise.resolve()),
  })
  recurring.start()
  await expect.poll(() => times).toBeGreaterThan(outcomes.length)
  await recurring.stop()
  expect(log.error.mock.calls.map(([, message]: unknown[]) => message)).toEqual([
    'cannot work for now',
    'cannot work for now',
  ])
})

it('waits for the work under way when it stops, and begins no more', async () => {
  const began = vi.fn()
  const { promise, resolve } = Promise.withResolvers<void>()
  const recurring = new RecurringWork({
    everyMs: 1,
    failure: '',
    logger: logger(),
    work: () => {
      began()
      return promise
    },
  })
  recurring.start()
  await expect.poll(() => began).toHaveBeenCalledOnce()
  let hasStopped = false
  const stopped = recurring.stop().then(() => (hasStopped = true))
  await pause(20)
  expect(hasStopped).toBe(false)
  resolve()
  await stopped
  await pause(20)
  expect(began).toHaveBeenCalledOnce()
})
