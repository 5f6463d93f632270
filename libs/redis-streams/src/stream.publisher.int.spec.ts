import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { type RedisFixture, shard } from './redis.fixture.js'
import { StreamPublisher } from './stream.publisher.js'
import { BusyError } from './streams.errors.js'

let redis: RedisFixture
let bus: Bus
let publisher: StreamPublisher

useBus((...made) => ([bus, redis] = made))
beforeEach(() => {
  publisher = new StreamPublisher({
    connection: redis.as('executor'),
    shards: [shard],
    service: 'executor',
    limit: 5,
  })
})
afterEach(async () => {
  await publisher.close()
})

const messages = (count: number, payload: object = {}) =>
  Array.from({ length: count }, (_, n) => say('test.hello', { n, ...payload }, 'executor'))

describe('a publisher', () => {
  it('puts header and payload as they are on its mouth, in order', async () => {
    const said = messages(3, { text: 'ü \u0000 "quoted"' })
    await publisher.publish(said)
    const entries = await redis.admin.xrange(bus.keys.from('executor'), '-', '+')
    expect(entries.map(([, flat]) => flat)).toEqual(
      said.map(({ header, data }) => ['event', JSON.stringify(header), 'data', data]),
    )
  })

  it('is told that the mouth is full by a retryable error, and says the same when there is room', async () => {
    await publisher.publish(messages(5))
    const late = messages(2)
    const refusal: unknown = await publisher.publish(late).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(BusyError)
    expect(refusal).toMatchObject({
      retryable: true,
      message: expect.stringContaining('limit is 5') as string,
    })
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(5)
    await redis.admin.xtrim(bus.keys.from('executor'), 'MAXLEN', 0)
    await publisher.publish(late)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(2)
  })

  it('says many large messages in several short calls', async () => {
    await redis.admin.call('CONFIG', 'RESETSTAT')
    const free = bus.publisher('executor')
    await free.publish(messages(10, { text: 'x'.repeat(200_000) }))
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(10)
    const stats = await redis.admin.info('commandstats')
    expect(/cmdstat_fcall:calls=(\d+)/.exec(stats)?.[1]).toBe('5')
    const entries = await redis.admin.xrange(bus.keys.from('executor'), '-', '+')
    const order = entries.map(([, flat]) => (JSON.parse(flat[3] ?? '') as { n: number }).n)
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
