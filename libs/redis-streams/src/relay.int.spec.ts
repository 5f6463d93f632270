import { TerminalError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type Bus, decideByTopology, say, useBus } from './bus.fixture.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

describe('the way of a message', () => {
  it('leads from the publisher through the relay to its handler once, and into the audit', async () => {
    const heard: unknown[] = []
    await bus.relay()
    await bus.server('executor', { 'test.hello': (payload) => void heard.push(payload) })
    const envelope = say('test.hello', { n: 1 }, 'task-scheduler')
    await bus.publisher('task-scheduler').publish([envelope])
    await until(() => heard.length > 0 && bus.isSettled('executor'))
    expect(heard).toEqual([{ n: 1 }])
    expect(await redis.admin.xlen(bus.keys.from('task-scheduler'))).toBe(0)
    const [audited] = await bus.recorded()
    expect(audited?.header).toMatchObject({ id: envelope.header.id })
  })

  it('keeps thousands of messages complete, each handled once and audited once', async () => {
    const heard = new Map<number, number>()
    const audited = new Set<string>()
    await bus.relay()
    await bus.audit(async (entries) => entries.forEach(({ header }) => audited.add(header.id)))
    await bus.server('executor', {
      'test.hello': ({ n }: { n: number }) => void heard.set(n, (heard.get(n) ?? 0) + 1),
    })
    const publisher = bus.publisher('task-scheduler')
    const envelopes = Array.from({ length: 3_000 }, (_, n) => say('test.hello', { n }, 'task-scheduler'))
    await publisher.publish(envelopes)
    await until(async () => (await bus.isSettled('executor')) && audited.size === 3_000)
    expect(heard.size).toBe(3_000)
    expect([...heard.values()].every((times) => times === 1)).toBe(true)
    await until(async () => (await redis.admin.xlen(bus.keys.audit)) === 0)
  })

  it('leaves one entry in the audit for all that are moved at once, whose messages have ids of their own', async () => {
    const messages = Array.from({ length: 10 }, (_, n) => say('test.hello', { n }, 'task-scheduler'))
    await bus.publisher('task-scheduler').publish(messages)
    await bus.relay()
    await until(async () => (await bus.recorded()).length === 10)
    const entries = await redis.admin.xrange(bus.keys.audit, '-', '+')
    // A reader asks for one entry at first, and then for more and more.
    expect(entries.length).toBeLessThan(10)
    const audited: string[] = []
    await bus.audit(async (some) => {
      for (const { entryId, header } of some) audited.push(`${entryId} ${header.id}`)
    })
    await until(async () => (await redis.admin.xlen(bus.keys.audit)) === 0)
    const ids = entries.flatMap(([id, flat]) =>
      flat.filter((text) => text === 'event').map((_, place) => (place === 0 ? id : `${id}.${place}`)),
    )
    expect(audited).toEqual(messages.map(({ header }, index) => `${ids[index]} ${header.id}`))
  })
})

describe('the relay', () => {
  it('records a denied message, delivers it nowhere and tells its sender', async () => {
    await bus.relay({
      decide: async (entries) =>
        (await decideByTopology(entries)).map((decision) => ({
          ...decision,
          deliverTo: {},
          stamp: { ...decision.stamp, verdict: 'denied', code: 'not-permitted', deliveredTo: [] },
          alsoReply: {
            to: { client: 'anna' },
            envelope: say('request.refused', { code: 'not-permitted' }, 'router'),
          },
        })),
    })
    await bus.publisher('task-scheduler').publish([say('test.hello', {}, 'task-scheduler')])
    await until(async () => (await redis.admin.xlen(bus.keys.reply('anna'))) === 1)
    expect(await bus.recorded()).toHaveLength(1)
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(0)
    expect(await redis.admin.ttl(bus.keys.reply('anna'))).toBeGreaterThan(6 * 86_400)
    await until(async () => (await redis.admin.xlen(bus.keys.from('task-scheduler'))) === 0)
  })

  it('stops at a full audit stream and goes on when there is room again', async () => {
    await bus.relay({ auditLimitBytes: 35_000, batchSize: 1 })
    const publisher = bus.publisher('task-scheduler')
    const text = 'x'.repeat(10_000)
    for (let n = 0; n < 5; n += 1) await publisher.publish([say('test.hello', { n, text }, 'task-scheduler')])
    await until(() => bus.logged.some(({ message }) => message.startsWith('Relaying is blocked')))
    expect(await bus.recorded()).toHaveLength(3)
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(3)
    expect(await redis.admin.xlen(bus.keys.from('task-scheduler'))).toBe(2)
    await bus.audit(async () => {})
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 5)
    await until(async () => (await redis.admin.xlen(bus.keys.from('task-scheduler'))) === 0)
  })

  it('keeps everything when Redis is full, and goes on when it is not', async () => {
    await bus.relay()
    await redis.admin.xgroup('CREATE', bus.keys.from('executor'), 'x', '0', 'MKSTREAM')
    const entry = ['event', JSON.stringify(say('test.hello', {}, 'executor').header), 'data', '{}']
    const add = redis.admin.multi().xadd(bus.keys.from('executor'), '*', ...entry)
    await add.config('SET', 'maxmemory', '1').exec()
    try {
      await until(() => bus.logged.some(({ message }) => message.startsWith('Relaying is blocked')))
      expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(1)
    } finally {
      await redis.admin.config('SET', 'maxmemory', '0')
    }
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(0)
  })

  it('takes over what a dead router had read', async () => {
    await redis.admin.xgroup('CREATE', bus.keys.from('executor'), 'router', '0', 'MKSTREAM')
    await bus.publisher('executor').publish([say('test.hello', {}, 'executor')])
    await redis.admin.xreadgroup('GROUP', 'router', 'dead', 'STREAMS', bus.keys.from('executor'), '>')
    await bus.relay({ reclaimIdleMs: 500 })
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(0)
  })

  it('does not relay what another router took over meanwhile', async () => {
    let decided = 0
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    await bus.relay({
      decide: async (entries) => {
        decided += 1
        await gate
        return decideByTopology(entries)
      },
    })
    await bus.publisher('executor').publish([say('test.hello', {}, 'executor')])
    await until(() => decided === 1)
    const [[id] = ['']] = (await redis.admin.xrange(bus.keys.from('executor'), '-', '+')) as [
      string,
      string[],
    ][]
    await redis.admin.xclaim(bus.keys.from('executor'), 'router', 'other', 0, id)
    release()
    await bus.stop()
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(0)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(1)
  })

  it('lets others pass while one entry cannot be decided, and buries that one in the end', async () => {
    await bus.relay({
      maxDeliveries: 2,
      decide: async (entries) => {
        if (entries.some(({ fields }) => fields['data']?.includes('terminal')))
          throw new TerminalError('unreadable', 'no way')
        if (entries.some(({ fields }) => fields['data']?.includes('poison'))) throw new Error('cannot decide')
        return decideByTopology(entries)
      },
    })
    const publisher = bus.publisher('executor')
    const messages = [{ is: 'poison' }, { is: 'fine' }, { is: 'terminal' }, { is: 'fine' }]
    await publisher.publish(messages.map((payload) => say('test.hello', payload, 'executor')))
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 2)
    await until(async () => (await bus.deadLetters('router')).length >= 1)
    await publisher.publish([say('test.hello', { is: 'fine' }, 'executor')])
    await until(async () => (await bus.deadLetters('router')).length === 2)
    const codes = (await bus.deadLetters('router')).map(({ error }) => error.code)
    expect(codes.sort()).toEqual(['not-relayed', 'unreadable'])
    await until(async () => (await redis.admin.xlen(bus.keys.from('executor'))) === 0)
  })

  it('keeps what a broken destination cannot take, while what goes elsewhere passes', async () => {
    await redis.admin.set(bus.keys.to('audit'), 'not a stream')
    await bus.relay()
    const messages = [say('audit.count', {}, 'executor'), say('test.hello', {}, 'executor')]
    await bus.publisher('executor').publish(messages)
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1)
    expect(await bus.recorded()).toHaveLength(1)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(1)
    await redis.admin.del(bus.keys.to('audit'))
    await until(async () => (await redis.admin.xlen(bus.keys.to('audit'))) === 1)
    expect(await redis.admin.xlen(bus.keys.from('executor'))).toBe(0)
  })
})

describe('a client', () => {
  it('hears the answer to what it sent', async () => {
    await bus.relay()
    await bus.server('task-scheduler', {
      'task.get': ({ taskId }: { taskId: string }) => ({ task: { id: taskId } }),
    })
    const client = bus.client('anna')
    expect(await client.position()).toBe('test:0-0')
    const replies = client.follow({ fromId: '0-0' })
    const fields = { type: 'task.get', data: '{"taskId":"t1"}', authorization: 'Bearer x', id: 'request-1' }
    expect(await client.send(fields)).toMatch(/^\d+-\d+$/)
    const { value } = await replies.next()
    expect(value).toMatchObject({
      header: { type: 'task.found', correlationid: 'request-1', causationid: 'request-1' },
      data: '{"task":{"id":"t1"}}',
      stamp: { verdict: 'allowed' },
    })
    expect(await client.position()).toBe(`test:${value?.entryId}`)
    await replies.return()
  })

  it('hears only what is new unless told from where on, and stops when asked', async () => {
    const client = bus.client('anna')
    const event = JSON.stringify(say('task.completed', {}, 'task-scheduler').header)
    await redis.admin.xadd(bus.keys.reply('anna'), '*', 'event', event, 'data', '"old"')
    const stop = new AbortController()
    const heard: string[] = []
    const listening = (async () => {
      for await (const { data } of client.follow({ signal: stop.signal })) heard.push(data)
    })()
    await until(async () => {
      await redis.admin.xadd(bus.keys.reply('anna'), '*', 'event', event, 'data', '"new"')
      return heard.length > 0
    })
    stop.abort()
    await listening
    expect(new Set(heard)).toEqual(new Set(['"new"']))
  })
})
