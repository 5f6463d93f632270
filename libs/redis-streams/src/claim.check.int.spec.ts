import { createHash, randomUUID } from 'node:crypto'
import { type Envelope, message, OutageError, RequestError, Topology } from '@guildhall/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bus, decideByTopology, say, useBus } from './bus.fixture.js'
import { fieldsOf } from './held.entry.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'
import type { IncomingEntry } from './relay.options.js'
import type { RelayDecision } from './relay.batch.js'
import { StreamPublisher } from './stream.publisher.js'

let redis: RedisFixture
let bus: Bus
let publisher: StreamPublisher

class TestLarge {}
class TestTold {}
const everybody = ['router', 'skill-registry', 'task-scheduler', 'executor', 'audit']
const maxBytes = 8 * 1024 * 1024
const topology = new Topology(everybody, [
  message('test.large', TestLarge, { from: ['task-scheduler'], to: ['executor', 'audit'], maxBytes }),
  message('test.told', TestTold, { from: ['task-scheduler'], to: ['client'] }),
])

useBus((...made) => ([bus, redis] = made))
beforeEach(() => {
  publisher = new StreamPublisher({
    connection: redis.as('task-scheduler'),
    shards: [shard],
    service: 'task-scheduler',
    topology,
  })
})
afterEach(async () => {
  await publisher.close()
})

const blobs = () => redis.admin.keys('gh:*:blob:*')

function large(bytes: number): Envelope {
  return say('test.large', { text: 'ü'.repeat(bytes / 2) }, 'task-scheduler')
}

async function decide(entries: IncomingEntry[]): Promise<RelayDecision[]> {
  return (await decideByTopology(entries)).map((decision, index) => ({
    ...decision,
    deliverTo: entries[index]?.problem ? {} : { to: ['executor', 'audit'] },
    stamp: { ...decision.stamp, code: entries[index]?.problem ?? 'fine' },
  }))
}

async function on(key: string): Promise<Record<string, string>[]> {
  return (await redis.admin.xrange(key, '-', '+')).map(([, flat]) => fieldsOf(flat))
}

/** Says that a payload lies there which does not. */
function claim(change: object): Promise<unknown> {
  const { header } = say('test.large', {}, 'task-scheduler')
  const datasha256 = createHash('sha256').update('{}').digest('hex')
  const event = JSON.stringify({ ...header, dataref: randomUUID(), datasize: 2, datasha256, ...change })
  return redis.admin.xadd(bus.keys.from('task-scheduler'), '*', 'event', event, 'data', '')
}

describe('a large payload', () => {
  it('lies apart from its message, reaches each handler whole, and is gone when all have handled it', async () => {
    await bus.relay({ decide })
    const heard: string[] = []
    const hear = ({ text }: { text: string }) => void heard.push(text)
    await bus.server('executor', { 'test.large': hear }, { topology })
    const message = large(3_000_000)
    await publisher.publish([message])
    await until(() => heard.length === 1)
    expect(heard).toEqual([(JSON.parse(message.data) as { text: string }).text])
    await until(() => bus.isSettled('executor'))
    expect(await blobs()).toEqual([bus.keys.blobTo('audit', (await header()).dataref)])
    await bus.server('audit', { 'test.large': hear }, { topology })
    await until(() => heard.length === 2)
    expect(heard[1]).toBe(heard[0])
    await until(async () => (await blobs()).length === 0)
  })

  it('is not in the audit, but its id, size and hash are', async () => {
    await bus.relay({ decide })
    const message = large(100_000)
    await publisher.publish([message])
    await until(async () => (await bus.recorded()).length === 1)
    const [recorded] = await bus.recorded()
    expect(recorded?.data).toBe('')
    expect(recorded?.header).toMatchObject({
      id: message.header.id,
      datasize: Buffer.byteLength(message.data),
      datasha256: createHash('sha256').update(message.data).digest('hex'),
    })
  })

  it('expires, wherever it is', async () => {
    await publisher.publish([large(100_000)])
    const [before = ''] = await blobs()
    expect(await redis.admin.ttl(before)).toBeGreaterThan(6 * 86_400)
    await bus.relay({ decide })
    await until(async () => (await blobs()).length === 2)
    for (const key of await blobs()) expect(await redis.admin.ttl(key)).toBeGreaterThan(6 * 86_400)
  })

  it('stays with its message while that is small, or a client hears it', async () => {
    const told = say('test.told', { text: 'x'.repeat(100_000) }, 'task-scheduler')
    const small = say('test.large', { text: 'x'.repeat(60_000) }, 'task-scheduler')
    await publisher.publish([told, small])
    const data = (await on(bus.keys.from('task-scheduler'))).map((fields) => fields['data'])
    expect(data).toEqual([told.data, small.data])
  })

  it('is fetched again for each try, and stays with a dead letter', async () => {
    await bus.relay({ decide })
    let tries = 0
    const fail = ({ text }: { text: string }) => {
      expect(text.length).toBe(50_000)
      tries += 1
      throw tries === 1 ? new OutageError('come back') : new Error('no')
    }
    await bus.server('executor', { 'test.large': fail }, { topology, maxDeliveries: 2 })
    await publisher.publish([large(100_000)])
    await until(async () => (await bus.deadLetters('executor')).length === 1)
    expect(tries).toBe(3)
    expect(await redis.admin.exists(bus.keys.blobTo('executor', (await header()).dataref))).toBe(1)
  })

  it('goes with a request that its handler refuses', async () => {
    await bus.relay({ decide })
    const refuse = () => {
      throw new RequestError('no', 'no')
    }
    await bus.server('executor', { 'test.large': refuse }, { topology })
    const asked = large(100_000)
    asked.header.replyto = 'anna'
    await publisher.publish([asked])
    // At first it lies in the mouth, alone as well.
    await until(async () => (await blobs()).every((key) => key.includes('blob:to:audit:')))
    expect(await blobs()).toHaveLength(1)
  })

  it('that lies in no mouth of its speaker is told to the router, which denies the message', async () => {
    await bus.relay({ decide })
    await publisher.publish([large(100_000)])
    await until(async () => (await blobs()).length === 2)
    const foreign = await header()
    await redis.admin.rename(
      bus.keys.blobTo('audit', foreign.dataref),
      bus.keys.blobFrom('executor', foreign.dataref),
    )
    const { dataref, datasize, datasha256 } = foreign
    await claim({})
    await claim({ dataref, datasize, datasha256 })
    await claim({ dataref: 'x' })
    await until(async () => (await bus.recorded()).length === 4)
    const codes = (await bus.recorded()).map(({ stamp }) => stamp.code)
    expect(codes).toEqual(['fine', 'no-payload', 'no-payload', 'no-payload'])
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(1)
  })

  it.each([
    ['size', '1'],
    ['sha256', 'b'.repeat(64)],
  ])('whose %s is another is not handed on', async (field, value) => {
    await publisher.publish([large(100_000)])
    const [key = ''] = await blobs()
    await redis.admin.hset(key, field, value)
    await bus.relay({ decide })
    await until(async () => (await bus.recorded()).length === 1)
    expect((await bus.recorded())[0]?.stamp).toMatchObject({ code: 'no-payload' })
  })

  it.each([
    ['payload-missing', (key: string) => redis.admin.del(key)],
    ['payload-missing', (key: string) => redis.admin.hdel(key, '0')],
    ['payload-altered', (key: string) => redis.admin.hset(key, '0', '{}')],
    ['payload-altered', (key: string) => redis.admin.hset(key, 'sha256', 'b'.repeat(64))],
  ])('makes a dead letter, %s, of a message whose hearer does not find it as it was', async (code, harm) => {
    await bus.relay({ decide })
    await publisher.publish([large(100_000)])
    await until(async () => (await blobs()).length === 2)
    await harm(bus.keys.blobTo('executor', (await header()).dataref))
    await bus.server('executor', { 'test.large': () => {} }, { topology })
    await until(async () => (await bus.deadLetters('executor')).length === 1)
    expect(await bus.deadLetters('executor')).toMatchObject([{ error: { code, attempts: 1 } }])
  })

  it('is still there when Redis was killed before its message was relayed', async () => {
    await redis.admin.config('SET', 'appendfsync', 'always')
    const message = large(600_000)
    await publisher.publish([message])
    await redis.kill()
    await redis.launch()
    await until(async () => (await redis.admin.ping().catch(() => '')) === 'PONG')
    const heard: string[] = []
    await bus.relay({ decide })
    await bus.server(
      'executor',
      { 'test.large': (_, { header }) => void heard.push(header.id) },
      { topology },
    )
    await until(() => heard.length === 1)
    expect(heard).toEqual([message.header.id])
  })
})

/** The header of the first message in the audit. */
async function header(): Promise<{ dataref: string; datasize: number; datasha256: string }> {
  const [recorded] = await bus.recorded()
  return recorded?.header as unknown as Awaited<ReturnType<typeof header>>
}
