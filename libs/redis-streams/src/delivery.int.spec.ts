import { RequestError, TerminalError } from '@guildhall/contracts'
import { BadRequestException } from '@nestjs/common'
import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import type { SettledEvent } from './try.outcomes.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

async function published(): Promise<{ header: Record<string, unknown>; payload: unknown }[]> {
  const entries = await redis.admin.xrange(bus.keys.from('task-scheduler'), '-', '+')
  return entries.map(([, [, event = '', , data = '']]) => ({
    header: JSON.parse(event) as Record<string, unknown>,
    payload: JSON.parse(data) as unknown,
  }))
}

describe('a handler of a request', () => {
  it('answers with what it returns, correlated to the request', async () => {
    await bus.server('task-scheduler', { 'task.get': () => ({ task: { id: 't1' } }) })
    const request = say('task.get', { taskId: 't1' }, 'router', 'anna')
    await bus.deliver('task-scheduler', request)
    await until(() => bus.isSettled('task-scheduler'))
    expect(await published()).toMatchObject([
      {
        header: {
          type: 'task.found',
          correlationid: request.header.id,
          replyto: 'anna',
          source: '/services/task-scheduler',
        },
        payload: { task: { id: 't1' } },
      },
    ])
  })

  it('refuses with a RequestError, which the requester hears', async () => {
    await bus.server('task-scheduler', {
      'task.get': () => {
        throw new RequestError('task-not-found', 'There is no such task', true)
      },
    })
    await bus.deliver('task-scheduler', say('task.get', {}, 'router', 'anna'))
    await until(() => bus.isSettled('task-scheduler'))
    const refused = { code: 'task-not-found', message: 'There is no such task', retryable: true }
    expect(await published()).toMatchObject([
      { header: { type: 'request.refused' }, payload: { ...refused, requestType: 'task.get' } },
    ])
    expect(await bus.deadLetters('task-scheduler')).toEqual([])
  })

  it('leaves a refused message without requester among the dead letters', async () => {
    await bus.server('executor', {
      'test.hello': () => {
        throw new RequestError('not-now', 'no')
      },
    })
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await until(() => bus.isSettled('executor'))
    expect(await bus.deadLetters('executor')).toMatchObject([{ error: { code: 'not-now' } }])
  })

  it('tells the requester `internal`, and no more, when the message can never be handled', async () => {
    await bus.server('task-scheduler', {
      'task.get': () => {
        throw new TerminalError('corrupt', 'secret detail')
      },
    })
    await bus.deliver('task-scheduler', say('task.get', {}, 'router', 'anna'))
    await until(() => bus.isSettled('task-scheduler'))
    expect(await published()).toMatchObject([{ payload: { code: 'internal', retryable: false } }])
    expect(JSON.stringify(await published())).not.toContain('secret detail')
  })
})

describe('a message that cannot be handled', () => {
  it('is dead-lettered after the last attempt, original fields and error kept, while others flow', async () => {
    const handled: number[] = []
    const events: SettledEvent[] = []
    let tries = 0
    await bus.server(
      'executor',
      {
        'test.poison': () => {
          tries += 1
          throw new Error('boom')
        },
        'test.hello': ({ n }: { n: number }) => void handled.push(n),
      },
      { maxDeliveries: 3, concurrency: 1, onSettled: (event) => events.push(event) },
    )
    const poison = say('test.poison', { a: 1 }, 'router')
    await bus.deliver('executor', poison)
    await until(() => tries === 1)
    await bus.deliver('executor', ...Array.from({ length: 20 }, (_, n) => say('test.hello', { n }, 'router')))
    await until(() => handled.length === 20)
    expect(tries).toBeLessThan(3)
    await until(() => bus.isSettled('executor'))
    expect(tries).toBe(3)
    await until(() => events.at(-1)?.outcome === 'dead-lettered')
    const [letter] = await bus.deadLetters('executor')
    expect(letter?.error).toMatchObject({
      code: 'too-many-attempts',
      message: 'Error: boom',
      attempts: 3,
      service: 'executor',
    })
    expect(JSON.parse(letter?.fields['event'] ?? '')).toEqual(poison.header)
    expect(letter?.fields['data']).toBe('{"a":1}')
    expect(letter?.fields['stamp']).toContain('allowed')
    expect(events.filter(({ type }) => type === 'test.poison').map(({ outcome }) => outcome)).toEqual([
      'retried',
      'retried',
      'dead-lettered',
    ])
  })

  it.each([
    ['a TerminalError', () => new TerminalError('gone', 'never'), 'gone'],
    ['a failed validation', () => new BadRequestException(['goal must be a string']), 'invalid-payload'],
  ])('is dead-lettered at once after %s', async (_, error, code) => {
    let tries = 0
    await bus.server('executor', {
      'test.hello': () => {
        tries += 1
        throw error()
      },
    })
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await until(() => bus.isSettled('executor'))
    expect(await bus.deadLetters('executor')).toMatchObject([{ error: { code, attempts: 1 } }])
    expect(tries).toBe(1)
  })

  it.each([
    ['an unknown type', say('test.unknown', {}, 'router').header, '{}', 'unknown-type'],
    ['a payload that is no JSON', say('test.hello', {}, 'router').header, '{"a":', 'invalid-entry'],
    ['a header that is no JSON', undefined, '{}', 'invalid-entry'],
  ])('is dead-lettered at once because of %s', async (_, header, data, code) => {
    await bus.server('executor', { 'test.hello': () => {} })
    const stamp = '{"verdict":"allowed","deliveredTo":[]}'
    const event = header ? JSON.stringify(header) : '{"id":'
    await redis.admin.xadd(bus.keys.to('executor'), '*', 'event', event, 'data', data, 'stamp', stamp)
    await until(() => bus.isSettled('executor'))
    const [letter] = await bus.deadLetters('executor')
    expect(letter).toMatchObject({ fields: { event, data, stamp }, error: { code, attempts: 1 } })
  })
})

describe('a slow handler', () => {
  it('runs once, though it takes far longer than the time after which abandoned entries are taken over', async () => {
    let runs = 0
    const handlers = {
      'test.slow': async () => {
        runs += 1
        await new Promise((resolve) => setTimeout(resolve, 2_500))
      },
    }
    for (const instance of ['a', 'b'])
      await bus.server('executor', handlers, { instance, reclaimIdleMs: 600 })
    await bus.deliver('executor', say('test.slow', {}, 'router'))
    await until(() => bus.isSettled('executor'))
    expect(runs).toBe(1)
  })

  it('has its signal aborted when another consumer took its message over', async () => {
    let isAborted = false
    await bus.server(
      'executor',
      {
        'test.slow': (_, { signal }) =>
          new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => {
              isAborted = true
              resolve()
            }),
          ),
      },
      { reclaimIdleMs: 600 },
    )
    await bus.deliver('executor', say('test.slow', {}, 'router'))
    const stream = bus.keys.to('executor')
    await until(async () => (await redis.admin.xpending(stream, 'executor'))[0] === 1)
    const [[id]] = (await redis.admin.xpending(stream, 'executor', '-', '+', 1)) as [[string]]
    await redis.admin.xclaim(stream, 'executor', 'other', 0, id)
    await until(() => isAborted, 2_000)
    expect(await redis.admin.xlen(stream)).toBe(1)
  })
})

describe('a consumer', () => {
  it('does not take its own settled messages for lost, however often it renews', async () => {
    let handled = 0
    await bus.server('executor', { 'test.hello': () => void (handled += 1) }, { reclaimIdleMs: 15 })
    for (let round = 0; round < 10; round += 1)
      await bus.deliver('executor', ...Array.from({ length: 100 }, () => say('test.hello', {}, 'router')))
    await until(() => handled >= 1_000 && bus.isSettled('executor'))
    expect(handled).toBe(1_000)
    expect(bus.logged.filter(({ level }) => level !== 'info')).toEqual([])
  })

  it('reads no more than it has free slots for', async () => {
    let finish = () => {}
    const gate = new Promise<void>((resolve) => (finish = resolve))
    let running = 0
    const handlers = {
      'test.slow': async () => {
        running += 1
        await gate
      },
    }
    await bus.server('executor', handlers, { concurrency: 2 })
    await bus.deliver('executor', ...Array.from({ length: 6 }, () => say('test.slow', {}, 'router')))
    await until(() => running === 2)
    expect((await redis.admin.xpending(bus.keys.to('executor'), 'executor'))[0]).toBe(2)
    finish()
    await until(() => running === 6 && bus.isSettled('executor'))
  })

  it('that stops hands back what it has not begun, which another one has in less than a second', async () => {
    const heard: string[] = []
    const failing = await bus.server(
      'executor',
      { 'test.hello': () => Promise.reject(new Error('not here')) },
      {
        instance: 'stopping',
      },
    )
    await bus.deliver('executor', ...Array.from({ length: 5 }, () => say('test.hello', {}, 'router')))
    await until(async () => bus.logged.filter(({ message }) => message.includes('tried again')).length >= 5)
    await bus.server(
      'executor',
      { 'test.hello': (_, { entryId }) => void heard.push(entryId) },
      { instance: 'staying' },
    )
    const stoppedAt = Date.now()
    await failing.close()
    await until(() => heard.length === 5, 1_000)
    expect(Date.now() - stoppedAt).toBeLessThan(1_000)
    expect(new Set(heard).size).toBe(5)
  })

  it('that stops lets a running handler finish, and leaves the group', async () => {
    let isDone = false
    let isRunning = false
    const server = await bus.server('executor', {
      'test.slow': async () => {
        isRunning = true
        await new Promise((resolve) => setTimeout(resolve, 400))
        isDone = true
      },
    })
    await bus.deliver('executor', say('test.slow', {}, 'router'))
    await until(() => isRunning)
    await server.close()
    expect(isDone).toBe(true)
    expect(await bus.isSettled('executor')).toBe(true)
    expect(await redis.admin.xinfo('CONSUMERS', bus.keys.to('executor'), 'executor')).toEqual([])
    expect(await redis.admin.exists(bus.keys.alive('executor', 'executor-1'))).toBe(0)
  })

  it('does not start with two handlers of one message, nor with handlers that the topology lacks', async () => {
    const server = await bus.server('executor', { 'test.hello': () => {} })
    expect(() => server.addHandler('test.hello', (() => {}) as never)).toThrow('test.hello has two handlers')
    expect(() => server.addHandler('test.event', (() => {}) as never, true)).toThrow('use @Handles')
    await expect(
      bus.server('executor', { 'test.hello': () => {} }, { expected: ['task.run'] }),
    ).rejects.toThrow(/add a handler \(@Handles\) for task.run; remove the handler of test.hello/)
  })
})
