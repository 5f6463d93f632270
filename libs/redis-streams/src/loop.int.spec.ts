import { afterEach, beforeAll, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { buildForChildren, killChild, startChild } from './child.fixture.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus
let child: ReturnType<typeof startChild> | undefined

useBus((...made) => ([bus, redis] = made))
beforeAll(() => buildForChildren())
afterEach(async () => {
  if (child) await killChild(child.process)
})

function work(does: 'block' | 'return', n: number, ms = 0) {
  return say('test.work', { does, n, ms }, 'router')
}

// What is claimed holds for any; with a short one it is seen sooner. The loop is blocked for several times as long.
const reclaimIdleMs = 2_000
const blockedMs = 4 * reclaimIdleMs

it('what a process held when its event loop was blocked for long runs elsewhere meanwhile, and not again', async () => {
  const elsewhere: number[] = []
  await bus.deliver(
    'executor',
    work('block', 0, blockedMs),
    work('return', 1),
    work('return', 2),
    work('return', 3),
  )
  child = startChild({ connection: redis.as('executor'), shard, instance: 'blocked', reclaimIdleMs })
  const blocked = child
  await until(() => blocked.began.length > 0, 30_000)
  const began = () => blocked.began.map(({ n }) => n)
  expect(began()).toEqual([0])
  const handlers = { 'test.work': ({ n }: { n: number }) => void elsewhere.push(n) }
  const other = await bus.server('executor', handlers, {
    instance: 'other',
    concurrency: 8,
    reclaimIdleMs,
  })
  await until(() => bus.isSettled('executor'), 15_000)
  expect(elsewhere.toSorted()).toEqual([0, 1, 2, 3])
  expect(began()).toEqual([0])
  // The loop moves again: what the process thinks it holds is not begun, and new work is.
  await other.close()
  await bus.deliver('executor', work('return', 4))
  await until(() => began().includes(4), 25_000)
  expect(began()).toEqual([0, 4])
  await until(() => bus.isSettled('executor'))
  expect(await bus.deadLetters('executor')).toEqual([])
}, 70_000)
