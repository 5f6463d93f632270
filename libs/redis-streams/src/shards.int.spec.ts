import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { type RedisFixture, until } from './redis.fixture.js'
import { shardFor } from './shard.choice.js'
import { streamKeys } from './stream.keys.js'

const shards = ['a', 'b', 'c']
let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made), shards)

const hello = (n: number) => say('test.hello', { n }, 'task-scheduler', 'anna')

describe('a bus of several shards', () => {
  it('carries each message through its own shard, and a client hears them all', async () => {
    await bus.relay()
    const audited: string[] = []
    await bus.audit(async (entries) => {
      for (const { shard, header } of entries) audited.push(`${shard} ${header.id}`)
    })
    const heard: number[] = []
    await bus.server('executor', { 'test.hello': ({ n }: { n: number }) => void heard.push(n) })
    const envelopes = Array.from({ length: 60 }, (_, n) => hello(n))
    await bus.publisher('task-scheduler').publish(envelopes)
    await until(() => heard.length === 60 && audited.length === 60)
    expect(new Set(heard).size).toBe(60)
    const expected = envelopes.map(({ header }) => `${shardFor(header, shards)} ${header.id}`)
    expect(audited.toSorted()).toEqual(expected.toSorted())
    expect(new Set(audited.map((line) => line.slice(0, 1)))).toEqual(new Set(shards))
  })

  it('lets a client speak in every shard, hear what is said in any, and go on from where it was', async () => {
    await bus.relay()
    const client = bus.client('anna')
    const heard: string[] = []
    const keepHearing = async (fromId: string) => {
      for await (const { header, shard } of client.follow({ fromId })) heard.push(`${shard} ${header.type}`)
    }
    void keepHearing(await client.position())
    const send = (n: number) =>
      client.send({
        type: 'task.get',
        data: '{}',
        authorization: '',
        id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      })
    for (let n = 0; n < 12; n += 1) await send(n)
    const audits = () => Promise.all(shards.map(async (shard) => (await bus.recorded(shard)).length))
    await until(async () => (await audits()).reduce((sum, length) => sum + length) === 12)
    expect(Math.min(...(await audits()))).toBeGreaterThan(0)
    for (const shard of shards)
      await redis.admin.xadd(
        streamKeys(shard).reply('anna'),
        '*',
        'event',
        JSON.stringify(hello(1).header),
        'data',
        '{}',
      )
    await until(() => heard.length === 3)
    expect(heard.toSorted()).toEqual(shards.map((shard) => `${shard} test.hello`))
    expect((await client.position()).split(',')).toHaveLength(3)
  })

  it('runs no more handlers at once than one shard would, and lets a busy shard have them all', async () => {
    let running = 0
    let most = 0
    let handled = 0
    const handle = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      handled += 1
    }
    await bus.server('executor', { 'test.hello': handle }, { concurrency: 4 })
    for (let n = 0; n < 60; n += 1)
      for (const shard of shards)
        await redis.admin.xadd(streamKeys(shard).to('executor'), '*', ...stamped(hello(n)))
    await until(() => handled === 180)
    expect(most).toBe(4)
    most = 0
    const [only = ''] = shards
    for (let n = 0; n < 60; n += 1)
      await redis.admin.xadd(streamKeys(only).to('executor'), '*', ...stamped(hello(n)))
    await until(() => handled === 240)
    expect(most).toBe(4)
  })

  it('does not start when one shard cannot', async () => {
    await redis.admin.set(streamKeys('b').to('executor'), 'in the way')
    await expect(bus.server('executor', {})).rejects.toThrow('WRONGTYPE')
    await until(async () => !String(await redis.admin.client('LIST')).includes('executor-1'))
  })
})

function stamped({ header, data }: ReturnType<typeof hello>): string[] {
  const stamp = {
    verdict: 'allowed',
    at: header.time,
    router: 'r',
    policy: '1',
    heardOn: 'x',
    deliveredTo: [],
  }
  return ['event', JSON.stringify(header), 'data', data, 'stamp', JSON.stringify(stamp)]
}
