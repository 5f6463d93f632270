import { expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import type { BatchMessage } from './handler.calls.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

it('a consumer that stops has what it did not begin in the hands of another in less than a second, and ends what runs', async () => {
  const settings = { readPayload: (_: unknown, value: unknown) => value as object, concurrency: 100 }
  const extras = { 'test.work': { batchSize: 10 } }
  const begun: number[] = []
  const ended: number[] = []
  const gate = Promise.withResolvers<void>()
  const slow = async (batch: readonly BatchMessage<{ n: number }>[]) => {
    const numbers = batch.map(({ payload }) => payload.n)
    begun.push(...numbers)
    await gate.promise
    ended.push(...numbers)
  }
  const stopping = await bus.server(
    'executor',
    { 'test.work': slow },
    {
      ...settings,
      extras,
      instance: 'stopping',
    },
  )
  const all = Array.from({ length: 60 }, (_, n) => n)
  await bus.deliver('executor', ...all.map((n) => say('test.work', { n }, 'router')))
  // All are in its hands, most of them not begun.
  const stream = bus.keys.to('executor')
  await until(async () => (await redis.admin.xpending(stream, 'executor'))[0] === 60)
  const elsewhere: { n: number; attempt: number }[] = []
  const quick = (batch: readonly BatchMessage<{ n: number }>[]) =>
    void elsewhere.push(...batch.map(({ payload: { n }, message: { attempt } }) => ({ n, attempt })))
  await bus.server('executor', { 'test.work': quick }, { ...settings, extras, instance: 'staying' })

  const stoppedAt = performance.now()
  const stopped = stopping.close()
  await until(() => elsewhere.length + begun.length === 60)
  expect(performance.now() - stoppedAt).toBeLessThan(1_000)
  expect(begun.length).toBeLessThanOrEqual(10)
  expect(elsewhere.every(({ attempt }) => attempt === 1)).toBe(true)

  gate.resolve()
  await stopped
  await until(() => bus.isSettled('executor'))
  expect(ended).toEqual(begun)
  const numbers = [...ended, ...elsewhere.map(({ n }) => n)]
  expect(numbers.toSorted((a, b) => a - b)).toEqual(all)
})
