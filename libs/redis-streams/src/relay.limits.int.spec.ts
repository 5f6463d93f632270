import { describe, expect, it } from 'vitest'
import { type Bus, decideByTopology, say, useBus } from './bus.fixture.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

const length = (key: string) => redis.admin.xlen(key)
/** Messages for the executor, which handles none of them. */
const hellos = (count: number) =>
  Array.from({ length: count }, (_, n) => say('test.hello', { n }, 'executor'))

/** Takes out what is in a work stream, as a service that handles it. */
async function takeFrom(key: string): Promise<number[]> {
  const entries = await redis.admin.xrange(key, '-', '+')
  if (entries.length > 0) await redis.admin.xdel(key, ...entries.map(([id]) => id))
  return entries.map(([, flat]) => (JSON.parse(flat[3] ?? '') as { n: number }).n)
}

describe('a destination at its limit', () => {
  it('gets no more, while the messages of the same mouth to others pass', async () => {
    const relay = await bus.relay({ destinationLimit: 3 })
    const publisher = bus.publisher('executor')
    await publisher.publish(hellos(5))
    await publisher.publish([say('audit.count', {}, 'executor')])
    await until(async () => (await length(bus.keys.to('audit'))) === 1)
    await until(async () => (await length(bus.keys.to('executor'))) === 3)
    expect(await length(bus.keys.from('executor'))).toBe(2)
    expect(await bus.recorded()).toHaveLength(4)
    await until(() => relay.isFull('executor'))
    expect([
      relay.isFull('executor'),
      relay.isFull('executor', shard),
      relay.isFull('executor', 'other'),
    ]).toEqual([true, true, false])
    expect(relay.isFull('audit')).toBe(false)
  })

  it('gets what waited as soon as there is room, each message once', async () => {
    const relay = await bus.relay({ destinationLimit: 3 })
    await bus.publisher('executor').publish(hellos(7))
    await until(async () => (await length(bus.keys.to('executor'))) === 3)
    const seen: number[] = []
    await until(async () => {
      seen.push(...(await takeFrom(bus.keys.to('executor'))))
      return (await length(bus.keys.from('executor'))) === 0
    })
    seen.push(...(await takeFrom(bus.keys.to('executor'))))
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(await bus.recorded()).toHaveLength(7)
    await until(() => !relay.isFull('executor'))
    expect(await bus.deadLetters('router')).toEqual([])
  })

  it('stops nobody though thousands wait for it, and loses none of them', async () => {
    await redis.admin.xadd(bus.keys.to('executor'), '*', 'in', 'the way')
    await bus.relay({ destinationLimit: 1, batchSize: 10, reclaimIdleMs: 1_000 })
    const publisher = bus.publisher('executor')
    // More than the relay keeps in its own hands.
    await publisher.publish(hellos(3_000))
    await until(() => pendingOf('executor').then((count) => count === 3_000))
    await publisher.publish([say('audit.count', {}, 'executor')])
    await until(async () => (await length(bus.keys.to('audit'))) === 1)
    expect(await length(bus.keys.from('executor'))).toBe(3_000)
    expect(await bus.deadLetters('router')).toEqual([])
  }, 20_000)
})

async function pendingOf(service: string): Promise<number> {
  const [count] = (await redis.admin.xpending(bus.keys.from(service), 'router')) as [number]
  return count
}

describe('an answer to a service', () => {
  it('is put on its answer stream, which ends some day', async () => {
    await bus.relay({
      decide: async (entries) =>
        (await decideByTopology(entries)).map((decision) => ({
          ...decision,
          deliverTo: { answer: ['executor'] },
          alsoReply: { to: { service: 'audit' }, envelope: say('request.refused', {}, 'router') },
        })),
    })
    await bus.publisher('task-scheduler').publish([say('test.hello', {}, 'task-scheduler')])
    for (const service of ['executor', 'audit']) {
      await until(async () => (await length(bus.keys.answer(service))) === 1)
      expect(await redis.admin.ttl(bus.keys.answer(service))).toBeGreaterThan(6 * 86_400)
    }
  })

  it('keeps some 10,000 of them', async () => {
    const pipeline = redis.admin.pipeline()
    for (let n = 0; n < 12_000; n += 1) pipeline.xadd(bus.keys.answer('executor'), '*', 'n', n)
    await pipeline.exec()
    await bus.relay({
      decide: async (entries) =>
        (await decideByTopology(entries)).map((decision) => ({
          ...decision,
          deliverTo: { answer: ['executor'] },
        })),
    })
    await bus.publisher('audit').publish([say('test.hello', {}, 'audit')])
    await until(async () => (await length(bus.keys.answer('executor'))) < 11_000)
    expect(await length(bus.keys.answer('executor'))).toBeGreaterThanOrEqual(10_000)
  })
})

it('passes a header on byte for byte', async () => {
  const said = say('test.hello', {}, 'executor')
  const event = JSON.stringify(said.header, undefined, 1)
  await bus.relay({
    decide: async (entries) =>
      (await decideByTopology(entries)).map((decision, index) => ({
        ...decision,
        event: entries[index]?.fields['event'] ?? '',
      })),
  })
  await redis.admin.xadd(bus.keys.from('executor'), '*', 'event', event, 'data', '{}')
  await until(async () => (await length(bus.keys.to('executor'))) === 1)
  const [[, flat] = ['', []]] = (await redis.admin.xrange(bus.keys.to('executor'), '-', '+')) as [
    [string, string[]],
  ]
  expect(flat.slice(0, 2)).toEqual(['event', event])
})
