import { OutageError, TerminalError, Topology } from '@guildhall/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import type { BatchMessage } from './handler.calls.js'
import { type RedisFixture, until } from './redis.fixture.js'
import type { RedisStreamsServerOptions } from './redis-streams.server.js'
import type { SettledEvent } from './try.outcomes.js'

type Work = { n: number }
type BatchHandler = (batch: readonly BatchMessage<Work>[]) => unknown

let redis: RedisFixture
let bus: Bus
let events: SettledEvent[]

useBus((...made) => ([bus, redis] = made))
beforeEach(() => {
  events = []
})

function readPayload(_: unknown, value: unknown): object {
  if (typeof (value as Work).n !== 'number') throw new TerminalError('invalid-payload', 'n must be a number')
  return value as Work
}

async function batchServer(handler: BatchHandler, options: Partial<RedisStreamsServerOptions> = {}) {
  class WorkPayload {}
  const topology = new Topology(
    ['router', 'executor'],
    [
      {
        type: 'test.work',
        payload: WorkPayload,
        from: ['router'],
        to: ['executor'],
        reply: 'test.worked',
        maxBytes: 1_000,
      },
    ],
  )
  return bus.server(
    'executor',
    { 'test.work': handler },
    {
      topology,
      readPayload,
      concurrency: 100,
      extras: { 'test.work': { batchSize: 10 } },
      onSettled: (event) => events.push(event),
      ...options,
    },
  )
}

function deliver(...numbers: unknown[]): Promise<void> {
  return bus.deliver('executor', ...numbers.map((n) => say('test.work', { n }, 'router', 'anna')))
}

/** Told a moment after the messages are settled. */
const handledEvents = () => events.filter(({ outcome }) => outcome === 'handled')
const numbersOf = (batch: readonly BatchMessage<Work>[]) => batch.map(({ payload }) => payload.n)

describe('a batch handler', () => {
  it('gets a lone message at once, and more at a time the more there are', async () => {
    const sizes: number[] = []
    await batchServer(async (batch) => {
      sizes.push(batch.length)
      await new Promise((resolve) => setTimeout(resolve, 50))
    })
    await deliver(0)
    await until(() => sizes.length === 1 && bus.isSettled('executor'))
    await deliver(...Array.from({ length: 40 }, (_, n) => n))
    await until(() => events.length === 41 && bus.isSettled('executor'))
    expect(sizes[0]).toBe(1)
    expect(Math.max(...sizes)).toBe(10)
    expect(sizes.length).toBeLessThan(20)
    expect(events.every(({ outcome, attempt }) => outcome === 'handled' && attempt === 1)).toBe(true)
  })

  it('decides over each message by its own outcome', async () => {
    const tries = new Map<number, number>()
    await batchServer(async (batch) =>
      batch.map(({ payload: { n } }) => {
        tries.set(n, (tries.get(n) ?? 0) + 1)
        if (n === 1) return new TerminalError('one', 'never')
        if (n === 2 && tries.get(2) === 1) return new Error('not yet')
        return n === 3 ? { done: n } : undefined
      }),
    )
    await deliver(0, 1, 2, 3)
    await until(async () => events.length === 5 && (await bus.isSettled('executor')))
    expect([...tries].sort()).toEqual([
      [0, 1],
      [1, 1],
      [2, 2],
      [3, 1],
    ])
    expect(
      (await bus.deadLetters('executor')).map(({ fields, error }) => [fields['data'], error.code]),
    ).toEqual([['{"n":1}', 'one']])
    const replies = await redis.admin.xrange(bus.keys.from('executor'), '-', '+')
    expect(replies.map(([, fields]) => fields[3])).toEqual([
      expect.stringContaining('"code":"internal"') as string,
      '{"done":3}',
    ])
  })

  it('that throws as a whole gets each message again alone, and only the poison ends as a dead letter', async () => {
    const handled: number[] = []
    await batchServer(
      async (batch) => {
        if (numbersOf(batch).includes(4)) throw new Error('poisoned')
        handled.push(...numbersOf(batch))
      },
      { maxDeliveries: 2 },
    )
    await deliver(...Array.from({ length: 10 }, (_, n) => n))
    await until(
      async () => (await bus.deadLetters('executor')).length > 0 && (await bus.isSettled('executor')),
    )
    expect(handled.sort()).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9])
    expect(
      (await bus.deadLetters('executor')).map(({ fields, error }) => [fields['data'], error]),
    ).toMatchObject([['{"n":4}', { code: 'too-many-attempts', message: 'Error: poisoned', attempts: 2 }]])
    await until(() => handledEvents().length === 9)
    expect(handledEvents().every(({ attempt }) => attempt === 1)).toBe(true)
  })

  it('that answers for another number of messages than it got has handled none of them', async () => {
    const sizes: number[] = []
    await batchServer(async (batch) => {
      sizes.push(batch.length)
      return batch.length === 3 ? [undefined] : undefined
    })
    await deliver(1, 2, 3)
    await until(() => bus.isSettled('executor'))
    await until(() => handledEvents().length === 3)
  })

  it('keeps a batch together in an outage, and counts no attempt', async () => {
    let isOut = true
    const attempts: number[] = []
    await batchServer(async (batch) => {
      if (isOut) throw new OutageError('MySQL is away')
      attempts.push(...batch.map(({ message }) => message.attempt))
    })
    await deliver(1, 2, 3)
    await until(() => events.filter(({ outcome }) => outcome === 'retried').length >= 6)
    isOut = false
    await until(() => bus.isSettled('executor'))
    expect(attempts).toEqual([1, 1, 1])
  })

  it('never sees a message that is invalid or expired', async () => {
    const seen: number[] = []
    await batchServer(async (batch) => void seen.push(...numbersOf(batch)))
    const expired = say('test.work', { n: 8 }, 'router', 'anna')
    expired.header.expirytime = new Date(Date.now() - 1).toISOString()
    await bus.deliver('executor', expired)
    await deliver(1, 'seven', 2)
    await until(async () => events.length === 4 && (await bus.isSettled('executor')))
    expect(seen.sort()).toEqual([1, 2])
    expect((await bus.deadLetters('executor')).map(({ error }) => error.code)).toEqual(['invalid-payload'])
    expect(events.map(({ outcome }) => outcome).sort()).toEqual([
      'dead-lettered',
      'expired',
      'handled',
      'handled',
    ])
  })

  it('runs a suspect alone', async () => {
    const stream = bus.keys.to('executor')
    await redis.admin.xgroup('CREATE', stream, 'executor', '0', 'MKSTREAM')
    await deliver(0, 1, 2)
    const read = (await redis.admin.xreadgroup('GROUP', 'executor', 'dead', 'STREAMS', stream, '>')) as [
      string,
      [string, string[]][],
    ][]
    const ids = read[0]?.[1].map(([id]) => id) as [string, string, string]
    await redis.admin.xclaim(stream, 'executor', 'dead', 0, ids[1], 'IDLE', 60_000, 'RETRYCOUNT', 3, 'JUSTID')
    await redis.admin.xclaim(stream, 'executor', 'dead', 0, ids[0], ids[2], 'IDLE', 60_000, 'JUSTID')
    const batches: number[][] = []
    await batchServer(async (batch) => void batches.push(numbersOf(batch)))
    await until(() => bus.isSettled('executor'))
    expect(batches.find((numbers) => numbers.includes(1))).toEqual([1])
  })

  it('is told by the signal of its messages that its time is over, and they are tried alone', async () => {
    const aborted: number[] = []
    const sizes: number[] = []
    await batchServer(
      (batch) => {
        sizes.push(batch.length)
        if (batch.length === 1) return Promise.resolve()
        for (const { payload, message } of batch)
          message.signal.addEventListener('abort', () => aborted.push(payload.n))
        return new Promise(() => {})
      },
      { handlerTimeoutMs: 200, handlerGraceMs: 50 },
    )
    await deliver(1, 2, 3)
    await until(() => bus.isSettled('executor'))
    // What came before the others could join it was a batch of one.
    expect(aborted.length).toBe(sizes.filter((size) => size > 1).reduce((sum, size) => sum + size, 0))
    await until(() => handledEvents().length === 3)
  })

  it('cannot be without a reader of payloads', async () => {
    const without = bus.server(
      'executor',
      { 'test.work': () => {} },
      { extras: { 'test.work': { batchSize: 2 } } },
    )
    await expect(without).rejects.toThrow('The batch handler of test.work needs the option readPayload')
  })
})
