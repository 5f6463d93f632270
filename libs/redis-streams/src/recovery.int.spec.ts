import { TerminalError } from '@guildhall/contracts'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { buildForChildren, killChild, startChild } from './child.fixture.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'
import { SilentProxy } from './silent.proxy.fixture.js'
import { StreamPublisher } from './stream.publisher.js'
import { UnavailableError } from './streams.errors.js'

let redis: RedisFixture
let bus: Bus
const cleanUps: (() => unknown)[] = []

useBus((...made) => ([bus, redis] = made))
beforeAll(() => buildForChildren())
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

function work(does: 'hang' | 'exit' | 'return', n = 0) {
  return say('test.work', { does, n }, 'router')
}

function child(instance: string) {
  const started = startChild({ connection: redis.as('executor'), shard, instance })
  cleanUps.push(() => killChild(started.process))
  return started
}

// Of a process, on a busy machine.
const startsWithinMs = 30_000

describe('when a consumer process is killed', { timeout: 120_000 }, () => {
  it('another one runs its message within 10 s', async () => {
    const first = child('a')
    await bus.deliver('executor', work('hang'))
    await until(() => first.began.length === 1, startsWithinMs)
    const heard: unknown[] = []
    await bus.server('executor', { 'test.work': (payload) => void heard.push(payload) }, { instance: 'b' })
    await killChild(first.process)
    await until(() => heard.length === 1, 10_000)
    await until(() => bus.isSettled('executor'))
  })

  it('the same one runs its message again as soon as it is back', async () => {
    const first = child('a')
    await bus.deliver('executor', work('hang'))
    await until(() => first.began.length === 1, startsWithinMs)
    await killChild(first.process)
    const heard: number[] = []
    const restartedAt = Date.now()
    await bus.server(
      'executor',
      { 'test.work': (_, { attempt }) => void heard.push(attempt) },
      { instance: 'a' },
    )
    await until(() => heard.length === 1)
    expect(Date.now() - restartedAt).toBeLessThan(2_000)
    expect(heard).toEqual([2])
  })

  it('the message that kills its consumers is dead-lettered, and those beside it are handled', async () => {
    await bus.deliver('executor', work('return', 1), work('exit', 2), work('return', 3), work('return', 4))
    const began: number[] = []
    for (let starts = 0; !(await bus.isSettled('executor')); starts += 1) {
      expect(starts).toBeLessThan(8)
      const next = child('a')
      await until(
        async () => next.process.exitCode !== null || (await bus.isSettled('executor')),
        startsWithinMs,
      )
      began.push(...next.began.map(({ n }) => n ?? 0))
      await killChild(next.process)
    }
    expect(began.filter((n) => n === 2)).toHaveLength(5)
    expect(new Set(began)).toEqual(new Set([1, 2, 3, 4]))
    const letters = await bus.deadLetters('executor')
    expect(letters.map(({ fields, error }) => [fields['data'], error.code])).toEqual([
      ['{"does":"exit","n":2}', 'crash-loop'],
    ])
  })
})

describe('when what Redis keeps is lost', () => {
  it.each([
    ['FLUSHALL', () => redis.admin.flushall()],
    ['DEL of the stream', () => redis.admin.del(bus.keys.to('executor'))],
    ['XGROUP DESTROY', () => redis.admin.xgroup('DESTROY', bus.keys.to('executor'), 'executor')],
  ])('a consumer makes its group again after %s and misses nothing sent since', async (_, lose) => {
    const heard: unknown[] = []
    await bus.server('executor', { 'test.work': ({ n }: { n: number }) => void heard.push(n) })
    await bus.deliver('executor', work('return', 1))
    await until(() => heard.length === 1)
    await lose()
    await bus.deliver('executor', work('return', 2))
    await until(() => heard.includes(2), 5_000)
    expect(bus.logged.some(({ level, message }) => level === 'error' && message.includes('is gone'))).toBe(
      true,
    )
  })

  it('a group that is made for the first time was not lost, one that was made before is', async () => {
    const heard: unknown[] = []
    const handlers = { 'test.work': ({ n }: { n: number }) => void heard.push(n) }
    await Promise.all(['a', 'b'].map((instance) => bus.server('executor', handlers, { instance })))
    await bus.deliver('executor', work('return', 1))
    await until(() => heard.length === 1)
    expect(await redis.admin.get(bus.keys.epoch)).toBeNull()
    await redis.admin.xgroup('DESTROY', bus.keys.to('executor'), 'executor')
    await until(async () => (await redis.admin.get(bus.keys.epoch)) !== null)
  })

  it('the relay goes on after FLUSHALL', async () => {
    await bus.relay()
    const publisher = bus.publisher('executor')
    await publisher.publish([work('return', 1)])
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1)
    await redis.admin.flushall()
    await publisher.publish([work('return', 2)])
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1, 5_000)
  })
})

describe('when Redis is killed and comes back', () => {
  it('it still knows what was relayed, settled and dead-lettered', async () => {
    const relay = await bus.relay()
    const envelopes = Array.from({ length: 50 }, (_, n) => work('return', n))
    await bus.publisher('task-scheduler').publish(envelopes)
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 50)
    await relay.stop()
    let handled = 0
    const server = await bus.server('executor', {
      'test.work': ({ n }: { n: number }) => {
        handled += 1
        if (n === 7) throw new TerminalError('seven', 'no')
      },
    })
    await until(() => bus.isSettled('executor'))
    await server.close()
    await redis.kill()
    await redis.launch()
    await until(async () => (await redis.admin.ping().catch(() => '')) === 'PONG')
    expect(handled).toBe(50)
    expect(await redis.admin.xlen(bus.keys.from('task-scheduler'))).toBe(0)
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(0)
    expect(await bus.recorded()).toHaveLength(50)
    expect(await bus.deadLetters('executor')).toMatchObject([{ error: { code: 'seven' } }])
  })

  it('the flow goes on, and nothing that it acknowledged is lost', async () => {
    const heard = new Set<number>()
    await bus.relay()
    await bus.server('executor', { 'test.work': ({ n }: { n: number }) => void heard.add(n) })
    const publisher = bus.publisher('task-scheduler')
    const accepted: number[] = []
    let isOver = false
    const publishing = (async () => {
      for (let n = 0; !isOver; n += 1) {
        await publisher.publish([work('return', n)])
        accepted.push(n)
      }
    })()
    await until(() => heard.size > 200)
    // `everysec` may lose the last second, so that second holds no acknowledged message here.
    isOver = true
    await publishing
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    isOver = false
    await redis.kill()
    const duringOutage = publisher.publish([work('return', 1_000_000)])
    await redis.launch()
    await duringOutage
    await until(() => heard.has(1_000_000) && bus.isSettled('executor'))
    expect(accepted.filter((n) => !heard.has(n))).toEqual([])
  })

  it('a publisher gives up after some seconds with a typed error', async () => {
    const publisher = new StreamPublisher({
      connection: { ...redis.as('executor'), port: 1 },
      shards: [shard],
      service: 'executor',
    })
    cleanUps.push(() => publisher.close())
    await expect(publisher.publish([work('return')])).rejects.toThrow(UnavailableError)
  })

  it('no password is in the error of a refused login', async () => {
    const connection = { ...redis.as('executor'), password: 'not the password' }
    const publisher = new StreamPublisher({ connection, shards: [shard], service: 'executor' })
    cleanUps.push(() => publisher.close())
    const error: unknown = await publisher.publish([work('return')]).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ message: expect.stringContaining('WRONGPASS') as string })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('not the password')
  })
})

describe('when a link falls silent', () => {
  it('a consumer notices within 4 s and hears both what got lost on the link and what follows', async () => {
    const proxy = await SilentProxy.start(redis.port)
    cleanUps.push(() => proxy.stop())
    const heard: number[] = []
    const connection = { ...redis.as('executor'), port: proxy.port }
    await bus.server(
      'executor',
      { 'test.work': ({ n }: { n: number }) => void heard.push(n) },
      { connection },
    )
    await bus.deliver('executor', work('return', 1))
    await until(() => heard.length === 1)
    expect(proxy.fallSilent()).toBeGreaterThan(0)
    await bus.deliver('executor', work('return', 2))
    await until(() => heard.includes(2), 4_000)
    await bus.deliver('executor', work('return', 3))
    await until(() => heard.includes(3), 2_000)
    await until(() => bus.isSettled('executor'))
  })

  it('one that opens and never answers the login is given up in time, and the next one works', async () => {
    const proxy = await SilentProxy.start(redis.port)
    cleanUps.push(() => proxy.stop())
    const connection = { ...redis.as('executor'), port: proxy.port }
    const publisher = new StreamPublisher({ connection, shards: [shard], service: 'executor' })
    cleanUps.push(() => publisher.close())
    proxy.isSilentToNewLinks = true
    const published = publisher.publish([work('return', 1)])
    await until(() => proxy.linkCount > 0)
    proxy.isSilentToNewLinks = false
    await published
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(1)
  })

  it('a publisher sends again on a new one', async () => {
    const proxy = await SilentProxy.start(redis.port)
    cleanUps.push(() => proxy.stop())
    const connection = { ...redis.as('executor'), port: proxy.port }
    const publisher = new StreamPublisher({ connection, shards: [shard], service: 'executor' })
    cleanUps.push(() => publisher.close())
    await publisher.publish([work('return', 1)])
    proxy.fallSilent()
    await publisher.publish([work('return', 2)])
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(2)
  })
})
