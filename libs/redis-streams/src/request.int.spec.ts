import {
  createEnvelope,
  message,
  RequestError,
  RequestRefused,
  type ReceivedMessage,
  Topology,
} from '@guildhall/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Bus, type Handler, stamp, useBus } from './bus.fixture.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'
import { RedisStreamsServer } from './redis-streams.server.js'
import type { IncomingEntry } from './relay.options.js'
import type { RelayDecision } from './relay.batch.js'
import { StreamPublisher } from './stream.publisher.js'
import { DeadlineError, StreamRequester } from './stream.requester.js'
import { UnavailableError } from './streams.errors.js'

class Ask {
  n!: number
}
class Told {
  n!: number
}
class Forbidden {
  n!: number
}
class Refused extends RequestRefused {}

const topology = new Topology(
  ['router', 'task-scheduler', 'executor'],
  [
    message('test.ask', Ask, { from: ['task-scheduler'], to: ['executor'], reply: 'test.told' }),
    message('test.told', Told, { from: ['executor'], to: ['client'] }),
    message('test.forbidden', Forbidden, { from: ['router'], to: ['executor'] }),
    message('request.refused', Refused, { from: ['executor', 'router'], to: ['client'] }),
  ],
)

let redis: RedisFixture
let bus: Bus
const stops: (() => Promise<unknown>)[] = []

useBus((...made) => ([bus, redis] = made))
beforeEach(async () => {
  await bus.relay({ topology, decide })
})
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

/** What the table allows; the rest is refused to the service that said it. */
async function decide(entries: IncomingEntry[]): Promise<RelayDecision[]> {
  return entries.map(({ heardOn, fields }) => {
    const header = JSON.parse(fields['event'] ?? '') as ReceivedMessage['header']
    const row = topology.find(header.type)
    const service = heardOn.replace('from:', '')
    const data = fields['data'] ?? ''
    if (!row?.from.includes(service)) {
      const refusal = { code: 'not-permitted', message: `${service} may not`, retryable: false }
      const refused = createEnvelope(
        'request.refused',
        { ...refusal, requestType: header.type },
        '/services/router',
        { tenant: 'test', correlationid: header.id },
      )
      const alsoReply = { to: { service }, envelope: refused }
      return { deliverTo: {}, header, data, stamp: { ...stamp(heardOn, []), verdict: 'denied' }, alsoReply }
    }
    const to = row.to.filter((name) => name !== 'client')
    const answer = row.to.includes('client') ? [header.replyto?.replace('/services/', '') ?? ''] : []
    return { deliverTo: { to, answer }, header, data, stamp: stamp(heardOn, [...to, ...answer]) }
  })
}

function requester(): StreamRequester {
  const connection = redis.as('task-scheduler')
  const publisher = new StreamPublisher({ connection, shards: [shard], service: 'task-scheduler' })
  const made = new StreamRequester({
    service: 'task-scheduler',
    topology,
    connection,
    shards: [shard],
    publisher,
    logger: bus.logger,
  })
  stops.push(
    () => publisher.close(),
    () => made.close(),
  )
  return made
}

function answerer(handler: Handler, options = {}): Promise<RedisStreamsServer> {
  return bus.server('executor', { 'test.ask': handler }, { topology, concurrency: 100, ...options })
}

const options = { tenant: 'test', deadlineMs: 15_000 }

describe('a request between services', () => {
  it('is answered to the instance that asked, however many hear it', async () => {
    await answerer(({ n }: Ask) => ({ n: n * 2 }))
    const instances = [requester(), requester(), requester()]
    const asked = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { value, header } = await (instances[n % 3] as StreamRequester).request<Ask, Told>(
          Ask,
          { n },
          options,
        )
        return [n, value.n, header.type]
      }),
    )
    expect(asked).toEqual(Array.from({ length: 60 }, (_, n) => [n, n * 2, 'test.told']))
    expect(instances.map(({ pendingCount, lateAnswers }) => [pendingCount, lateAnswers])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ])
  })

  it('carries who asks and until when', async () => {
    const heard: ReceivedMessage['header'][] = []
    await answerer((_, { header }) => {
      heard.push(header)
      return { n: 1 }
    })
    const askedAt = Date.now()
    await requester().request(Ask, { n: 1 }, { ...options, subject: 'task-1' })
    expect(heard[0]).toMatchObject({
      tenant: 'test',
      subject: 'task-1',
      source: '/services/task-scheduler',
      replyto: '/services/task-scheduler',
    })
    const untilMs = Date.parse(heard[0]?.expirytime ?? '') - askedAt
    expect(untilMs).toBeGreaterThanOrEqual(15_000)
    expect(untilMs).toBeLessThan(20_000)
  })

  it('fails with the error that the callee or the router means', async () => {
    await answerer(() => {
      throw new RequestError('not-now', 'come back', true)
    })
    const asking = requester()
    await expect(asking.request(Ask, { n: 1 }, options)).rejects.toEqual(
      new RequestError('not-now', 'come back', true),
    )
    await expect(asking.request(Forbidden, { n: 1 }, options)).rejects.toEqual(
      new RequestError('not-permitted', 'task-scheduler may not'),
    )
  })

  it('ends at its deadline; an answer that comes later is counted and dropped', async () => {
    const gate = Promise.withResolvers<void>()
    await answerer(async ({ n }: Ask) => {
      await gate.promise
      return { n }
    })
    const asking = requester()
    const error: unknown = await asking
      .request(Ask, { n: 1 }, { ...options, deadlineMs: 500 })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DeadlineError)
    expect(error).toMatchObject({ message: 'test.ask was not answered within 500 ms', retryable: true })
    expect(asking.pendingCount).toBe(0)
    gate.resolve()
    await until(() => asking.lateAnswers === 1)
  })

  it('is not begun by a callee that comes to it too late', async () => {
    const asking = requester()
    await expect(asking.request(Ask, { n: 1 }, { ...options, deadlineMs: 300 })).rejects.toThrow(
      DeadlineError,
    )
    let runs = 0
    await answerer(() => void (runs += 1))
    await until(() => asking.lateAnswers === 1)
    expect(runs).toBe(0)
  })

  it('is given up when its signal is aborted', async () => {
    let begun = 0
    const gate = Promise.withResolvers<void>()
    await answerer(async () => {
      begun += 1
      await gate.promise
      return { n: 1 }
    })
    const asking = requester()
    const control = new AbortController()
    const asked = asking.request(Ask, { n: 1 }, { ...options, signal: control.signal })
    await until(() => begun === 1)
    control.abort(new Error('no longer wanted'))
    await expect(asked).rejects.toThrow('no longer wanted')
    gate.resolve()
    await until(() => asking.lateAnswers === 1)
    await expect(asking.request(Ask, { n: 1 }, { ...options, signal: control.signal })).rejects.toThrow(
      'no longer wanted',
    )
    expect(asking.pendingCount).toBe(0)
  })

  it('fails when the requester is closed, and when Redis is away', async () => {
    const asking = requester()
    const asked = asking.request(Ask, { n: 1 }, options)
    const refused = expect(asked).rejects.toThrow(UnavailableError)
    await until(async () => (await redis.admin.xlen(bus.keys.to('executor'))) === 1)
    await asking.close()
    await refused
    const nowhere = new StreamRequester({
      service: 'task-scheduler',
      topology,
      connection: { ...redis.as('task-scheduler'), port: 1 },
      shards: [shard],
      publisher: bus.publisher('task-scheduler'),
    })
    stops.push(() => nowhere.close())
    await expect(nowhere.request(Ask, { n: 1 }, options)).rejects.toThrow(UnavailableError)
    expect(nowhere.pendingCount).toBe(0)
  })

  it('leaves nothing behind, ten thousand times', async () => {
    await answerer(({ n }: Ask) => ({ n }))
    const asking = requester()
    for (let round = 0; round < 20; round += 1)
      await Promise.all(
        Array.from({ length: 500 }, (_, n) => asking.request(Ask, { n }, { ...options, deadlineMs: 30_000 })),
      )
    expect([asking.pendingCount, asking.lateAnswers]).toEqual([0, 0])
    await until(() => bus.isSettled('executor'))
  })

  it('opens no connection before the first one', async () => {
    const asking = requester()
    const isConnected = async () =>
      String(await redis.admin.client('LIST')).includes('guildhall:task-scheduler:answers')
    expect(await isConnected()).toBe(false)
    await answerer(() => ({ n: 1 }))
    await asking.request(Ask, { n: 1 }, options)
    expect(await isConnected()).toBe(true)
    await asking.close()
    await until(async () => !(await isConnected()))
  })
})
