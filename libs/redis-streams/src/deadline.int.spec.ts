import { beforeEach, describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { type RedisFixture, until } from './redis.fixture.js'
import type { SettledEvent } from './try.outcomes.js'

let redis: RedisFixture
let bus: Bus
let events: SettledEvent[]
const onSettled = (event: SettledEvent) => void events.push(event)

useBus((...made) => ([bus, redis] = made))
beforeEach(() => {
  events = []
})

async function replies(service: 'executor' | 'task-scheduler'): Promise<string[]> {
  const entries = await redis.admin.xrange(bus.keys.from(service), '-', '+')
  return entries.map(([, fields]) => fields[3] ?? '')
}

describe('a message whose expirytime has passed', () => {
  it('is dropped before its handler, counted, and refused `expired` to its requester', async () => {
    let runs = 0
    await bus.server('task-scheduler', { 'task.get': () => void (runs += 1) }, { onSettled })
    const request = say('task.get', {}, 'router', 'anna')
    request.header.expirytime = new Date(Date.now() - 1).toISOString()
    await bus.deliver('task-scheduler', request)
    await until(() => events.length === 1)
    expect([runs, events[0]?.outcome, await bus.isSettled('task-scheduler')]).toEqual([0, 'expired', true])
    expect(await bus.deadLetters('task-scheduler')).toEqual([])
    expect((await replies('task-scheduler')).map((text) => JSON.parse(text) as object)).toMatchObject([
      { code: 'expired', retryable: true, requestType: 'task.get' },
    ])
  })

  it('is tried no more', async () => {
    let runs = 0
    const handlers = {
      'test.hello': () => {
        runs += 1
        throw new Error('not yet')
      },
    }
    await bus.server('executor', handlers, { onSettled })
    const message = say('test.hello', {}, 'router')
    message.header.expirytime = new Date(Date.now() + 600).toISOString()
    await bus.deliver('executor', message)
    await until(() => events.at(-1)?.outcome === 'expired')
    expect(runs).toBe(events.length - 1)
    expect(runs).toBeGreaterThan(0)
    expect(await replies('executor')).toEqual([])
  })
})

describe('a handler past its deadline', () => {
  const timing = { handlerTimeoutMs: 300, handlerGraceMs: 200, maxDeliveries: 2 }

  it('is told by its signal; when it goes on, its tries fail, and it settles and answers nothing later', async () => {
    const reasons: string[] = []
    const finish: (() => void)[] = []
    const handlers = {
      'task.get': (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<object>((resolve) => {
          signal.addEventListener('abort', () => reasons.push((signal.reason as Error).name))
          finish.push(() => resolve({ task: 'too late' }))
        }),
    }
    await bus.server('task-scheduler', handlers, { ...timing, onSettled })
    await bus.deliver('task-scheduler', say('task.get', {}, 'router', 'anna'))
    await until(() => finish.length === 2)
    for (const end of finish.splice(0, 1)) end()
    await until(() => bus.isSettled('task-scheduler'))
    for (const end of finish) end()
    await until(() => bus.logged.filter(({ message }) => message.includes('had been given up')).length === 2)
    await until(() => events.length === 2)
    expect(reasons).toEqual(['HandlerTimeoutError', 'HandlerTimeoutError'])
    expect(events.map(({ outcome }) => outcome)).toEqual(['retried', 'dead-lettered'])
    const [letter] = await bus.deadLetters('task-scheduler')
    expect(letter?.error).toMatchObject({
      code: 'too-many-attempts',
      message: 'HandlerTimeoutError: The handler of task.get took longer than 300 ms',
      attempts: 2,
    })
    expect(
      (await replies('task-scheduler')).map((text) => (JSON.parse(text) as { code: string }).code),
    ).toEqual(['internal'])
  })

  it('may still end in good order within the grace', async () => {
    const handlers = {
      'test.hello': (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    }
    await bus.server('executor', handlers, { ...timing, onSettled })
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await until(() => events.length > 0)
    expect(events.map(({ outcome }) => outcome)).toEqual(['handled'])
  })

  it('has failed for its time, whatever it throws when it is told to end', async () => {
    const handlers = {
      'test.hello': (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<void>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    }
    await bus.server('executor', handlers, { ...timing, maxDeliveries: 1 })
    await bus.deliver('executor', say('test.hello', {}, 'router'))
    await until(() => bus.isSettled('executor'))
    expect((await bus.deadLetters('executor'))[0]?.error.message).toContain('HandlerTimeoutError')
  })

  it('does not stop the others: each has its own', async () => {
    const handled: number[] = []
    const handlers = {
      'test.hang': () => new Promise<void>(() => {}),
      'test.hello': ({ n }: { n: number }) => void handled.push(n),
    }
    await bus.server('executor', handlers, {
      ...timing,
      maxDeliveries: 1,
      extras: { 'test.hang': { handlerTimeoutMs: 100 } },
    })
    await bus.deliver('executor', say('test.hang', {}, 'router'))
    await bus.deliver('executor', ...Array.from({ length: 5 }, (_, n) => say('test.hello', { n }, 'router')))
    await until(() => bus.isSettled('executor'))
    expect(handled.sort()).toEqual([0, 1, 2, 3, 4])
    expect((await bus.deadLetters('executor'))[0]?.error.message).toContain('longer than 100 ms')
  })
})

it('a handler of ten times the reclaim idle that is within its deadline runs once, with consumers beside it', async () => {
  let runs = 0
  const handlers = {
    'test.slow': async () => {
      runs += 1
      await new Promise((resolve) => setTimeout(resolve, 6_000))
    },
  }
  for (const instance of ['a', 'b'])
    await bus.server('executor', handlers, { instance, reclaimIdleMs: 600, onSettled })
  await bus.deliver('executor', say('test.slow', {}, 'router'))
  await until(() => events.length > 0)
  await until(() => bus.isSettled('executor'))
  expect([runs, events.map(({ outcome }) => outcome)]).toEqual([1, ['handled']])
})
