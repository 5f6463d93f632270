import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { loadFunctionLibrary } from './function.loading.js'
import { HotStore } from './hot.store.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'
import { SlotPool } from './slot.pool.js'
import { StreamConsumer } from './stream.consumer.js'
import { BusyError, UnsuitableRedisError } from './streams.errors.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

describe('a consumer', () => {
  it('does not start on a Redis that may evict streams', async () => {
    await redis.admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    try {
      const refused = bus.server('executor', {})
      await expect(refused).rejects.toThrow(UnsuitableRedisError)
      await expect(refused).rejects.toThrow('set maxmemory-policy noeviction')
    } finally {
      await redis.admin.config('SET', 'maxmemory-policy', 'noeviction')
    }
  })

  it('does not start without the function library, and says what to do', async () => {
    await redis.admin.call('FUNCTION', 'FLUSH')
    try {
      await expect(bus.server('executor', {})).rejects.toThrow('call loadFunctionLibrary as admin first')
    } finally {
      await loadFunctionLibrary(redis.as('admin'))
    }
  })

  it('takes dead consumers out of the group when they hold nothing, and only then', async () => {
    const stream = bus.keys.to('executor')
    await redis.admin.xgroup('CREATE', stream, 'executor', '0', 'MKSTREAM')
    await redis.admin.xgroup('CREATECONSUMER', stream, 'executor', 'dead')
    await redis.admin.xgroup('CREATECONSUMER', stream, 'executor', 'alive')
    await redis.admin.set(bus.keys.alive('executor', 'alive'), '1')
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await redis.admin.xreadgroup('GROUP', 'executor', 'holding', 'STREAMS', stream, '>')
    const consumer = new StreamConsumer({
      connection: redis.as('executor'),
      shard,
      streams: [stream],
      group: 'executor',
      consumer: 'me',
      slots: new SlotPool(1),
      janitorEveryMs: 50,
      onEntries: () => {},
    })
    await consumer.start()
    const names = async () =>
      ((await redis.admin.xinfo('CONSUMERS', stream, 'executor')) as string[][]).map(([, name]) => name)
    await until(async () => !(await names()).includes('dead'))
    expect(await names()).toEqual(expect.arrayContaining(['alive', 'holding']))
    await consumer.stop()
  })

  it('is shown to operators by the names of its connections', async () => {
    await bus.server('executor', {})
    for (const name of ['guildhall:executor:executor-1:reader', 'guildhall:executor:executor-1:control'])
      await until(async () => String(await redis.admin.client('LIST')).includes(`name=${name} `))
  })

  it('leaves no connection behind when it stops', async () => {
    const server = await bus.server('executor', {})
    await server.close()
    await until(async () => !String(await redis.admin.client('LIST')).includes('executor-1'))
  })
})

describe('the hot store', () => {
  it('keeps, expires and deletes values', async () => {
    const store = new HotStore({ connection: redis.as('executor'), shards: [shard], service: 'executor' })
    expect(await store.get('a')).toBeUndefined()
    await store.set('a', '1')
    await store.set('b', '2', 60_000)
    expect([await store.get('a'), await store.get('b')]).toEqual(['1', '2'])
    expect(await redis.admin.pttl(bus.keys.state('executor', 'b'))).toBeGreaterThan(50_000)
    expect(await redis.admin.pttl(bus.keys.state('executor', 'a'))).toBe(-1)
    await store.delete('a')
    expect(await store.get('a')).toBeUndefined()
    await store.close()
  })
})

describe('a publisher', () => {
  it('is told by type that Redis is full', async () => {
    const publisher = bus.publisher('executor')
    await redis.admin.config('SET', 'maxmemory', '1')
    try {
      await expect(publisher.publish([say('test.hello', {}, 'executor')])).rejects.toThrow(BusyError)
    } finally {
      await redis.admin.config('SET', 'maxmemory', '0')
    }
  })
})

it('the library may be loaded again under load', async () => {
  const heard: unknown[] = []
  await bus.server('executor', { 'test.hello': (payload) => void heard.push(payload) })
  for (let n = 0; n < 20; n += 1) {
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await loadFunctionLibrary(redis.as('admin'))
  }
  await until(() => heard.length === 20 && bus.isSettled('executor'))
})
