import { OutageError } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { until } from './redis.fixture.js'

let bus: Bus

useBus((made) => (bus = made))

describe('a message whose handler meets an outage', () => {
  it('is run again for as long as it lasts, as the same attempt, while a poison message is given up', async () => {
    let isAway = true
    const attempts: number[] = []
    const heard: number[] = []
    await bus.server(
      'executor',
      {
        'test.dependent': (_, { attempt }) => {
          attempts.push(attempt)
          if (isAway) throw new OutageError('the database is away')
        },
        'test.poison': () => {
          throw new Error('boom')
        },
        'test.hello': ({ n }: { n: number }) => void heard.push(n),
      },
      { maxDeliveries: 2, concurrency: 1 },
    )
    await bus.deliver('executor', say('test.dependent', {}, 'router'), say('test.poison', {}, 'router'))
    await until(() => attempts.length === 1)
    await bus.deliver('executor', ...Array.from({ length: 20 }, (_, n) => say('test.hello', { n }, 'router')))
    await until(() => heard.length === 20 && attempts.length === 5)
    expect(await bus.deadLetters('executor')).toMatchObject([{ error: { message: 'Error: boom' } }])
    isAway = false
    await until(() => bus.isSettled('executor'))
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1])
    expect(await bus.deadLetters('executor')).toHaveLength(1)
  })

  it('goes to another consumer when its own stops meanwhile, as if it had never been tried', async () => {
    let tries = 0
    const stopping = await bus.server(
      'executor',
      {
        'test.dependent': () => {
          tries += 1
          throw new OutageError('the database is away')
        },
      },
      { instance: 'stopping', maxDeliveries: 2 },
    )
    await bus.deliver('executor', say('test.dependent', {}, 'router'))
    await until(() => tries === 4)
    await stopping.close()
    const attempts: number[] = []
    await bus.server(
      'executor',
      { 'test.dependent': (_, { attempt }) => void attempts.push(attempt) },
      { instance: 'staying', maxDeliveries: 2 },
    )
    await until(() => bus.isSettled('executor'), 2_000)
    expect(attempts).toEqual([1])
    expect(await bus.deadLetters('executor')).toEqual([])
  })
})
