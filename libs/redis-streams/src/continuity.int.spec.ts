import type { Envelope } from '@guildhall/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Bus, say } from './bus.fixture.js'
import type { RedisStreamsServer } from './redis-streams.server.js'
import { ContinuityWatch } from './continuity.watch.js'
import { RedisFixture, shard, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus
/** What the sender has committed, as its outbox keeps it. */
let said: { atMs: number; envelope: Envelope }[]
let losses: number[]
let effects: Map<string, number>
let hearers: RedisStreamsServer[]
const cleanUps: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  // So that a copy of its file holds all that it acknowledged.
  redis = await RedisFixture.start([shard], { appendfsync: 'always' })
  bus = new Bus(redis)
  said = []
  losses = []
  effects = new Map()
  hearers = []
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
  await bus.stop()
  await redis.stop()
})

/** A sender with an outbox, and a hearer that knows messages by their ids; the router between them is up to the test. */
async function senderAndHearer(handle: (payload: { n: number }) => unknown = () => {}) {
  const publisher = bus.publisher('task-scheduler')
  const watch = new ContinuityWatch({
    connection: redis.as('task-scheduler'),
    shards: [shard],
    service: 'task-scheduler',
    everyMs: 200,
    logger: bus.logger,
    onLoss: async (sinceMs) => {
      losses.push(sinceMs)
      await publisher.publish(said.filter(({ atMs }) => atMs >= sinceMs).map(({ envelope }) => envelope))
    },
  })
  watch.start()
  cleanUps.push(() => watch.stop())
  await until(async () => (await redis.admin.exists(bus.keys.continuity('task-scheduler'))) === 1)
  await hear(handle)
  return async (...numbers: number[]) => {
    const envelopes = numbers.map((n) => say('test.work', { n }, 'task-scheduler'))
    said.push(...envelopes.map((envelope) => ({ atMs: Date.now(), envelope })))
    await publisher.publish(envelopes)
  }
}

async function hear(handle: (payload: { n: number }) => unknown = () => {}): Promise<void> {
  const hearer = await bus.server('executor', {
    'test.work': async (payload: { n: number }, { header }) => {
      await handle(payload)
      if (!effects.has(header.id)) effects.set(header.id, payload.n)
    },
  })
  hearers.push(hearer)
}

const doneNumbers = () => [...effects.values()].toSorted((a, b) => a - b)

describe('what Redis lost is said again, and handled within 5 s', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['FLUSHALL', () => redis.admin.flushall()],
    ["DEL of the hearer's stream", () => redis.admin.del(bus.keys.to('executor'))],
    ["DEL of the sender's stream", () => redis.admin.del(bus.keys.from('task-scheduler'))],
    ['XGROUP DESTROY', () => redis.admin.xgroup('DESTROY', bus.keys.to('executor'), 'executor')],
  ])('after %s', async (_, lose) => {
    let isHeld = true
    const sayWork = await senderAndHearer(async () => {
      while (isHeld) await new Promise((resolve) => setTimeout(resolve, 10))
    })
    const relay = await bus.relay()
    await sayWork(...Array.from({ length: 40 }, (__, n) => n))
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 40)
    await relay.stop()
    // These wait in the mouth.
    await sayWork(100, 101, 102)
    await lose()
    isHeld = false
    const lostAt = Date.now()
    await bus.relay({ instance: 'router-2' })
    await until(() => effects.size === 43, 8_000)
    expect(Date.now() - lostAt).toBeLessThan(5_000)
    expect(doneNumbers()).toEqual([...Array.from({ length: 40 }, (__, n) => n), 100, 101, 102])
  })

  it('after an entry was deleted that a dead consumer had read', async () => {
    const sayWork = await senderAndHearer()
    const stream = bus.keys.to('executor')
    const [hearer] = hearers
    await hearer?.close()
    const relay = await bus.relay()
    await sayWork(1)
    await until(async () => (await redis.admin.xlen(stream)) === 1)
    await redis.admin.xreadgroup('GROUP', 'executor', 'dead', 'STREAMS', stream, '>')
    const [entry] = await redis.admin.xrange(stream, '-', '+')
    await redis.admin.xdel(stream, entry?.[0] ?? '')
    await relay.stop()
    await hear()
    await bus.relay({ instance: 'router-2' })
    await until(() => effects.size === 1, 12_000)
  })

  it('after it was killed and came back without the end of its append-only file', async () => {
    const sayWork = await senderAndHearer()
    const relay = await bus.relay()
    await sayWork(1, 2, 3)
    await until(() => effects.size === 3)
    await relay.stop()
    await redis.copyAof()
    const copiedAtMs = Date.now()
    await sayWork(4, 5, 6)
    const inMouth = async () =>
      (await redis.admin.xrange(bus.keys.from('task-scheduler'), '-', '+')).map(([id]) => id)
    const lost = (await inMouth()).slice(-3)
    const before = losses.length
    await redis.kill()
    await redis.restoreAof()
    await redis.launch()
    // They may have been said again by now, as other entries.
    expect((await inMouth()).filter((id) => lost.includes(id))).toEqual([])
    await bus.relay({ instance: 'router-2' })
    await until(() => effects.size === 6, 5_000)
    // From the last note on that is in the copy, and a moment before it.
    for (const sinceMs of losses.slice(before)) expect(copiedAtMs - sinceMs).toBeLessThan(10_000)
  })

  it('by the next process of the service, when nobody watched while it happened', async () => {
    const watching = (onLoss: (sinceMs: number) => Promise<void>) =>
      new ContinuityWatch({
        connection: redis.as('executor'),
        shards: [shard],
        service: 'executor',
        everyMs: 50,
        onLoss,
      })
    const heard: string[] = []
    const run = async (name: string, isOver: () => boolean | Promise<boolean>) => {
      const watch = watching(async (sinceMs) => void heard.push(`${name} ${sinceMs}`))
      watch.start()
      await until(isOver)
      await watch.stop()
    }
    const startedAtMs = Date.now()
    const runId = async () => (await redis.admin.get(bus.keys.continuity('executor')))?.split(' ')[0]
    await run('first', async () => (await runId()) !== undefined)
    expect(heard).toEqual(['first 0'])
    const before = await runId()
    await run('second', () => new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)))
    expect(heard).toHaveLength(1)
    await redis.kill()
    await redis.launch()
    await run('third', async () => (await runId()) !== before)
    expect(heard).toHaveLength(2)
    const [name, sinceMs] = String(heard[1]).split(' ')
    expect(name).toBe('third')
    expect(startedAtMs - Number(sinceMs)).toBeLessThan(10_000)
  })
})
