import { describe, expect, it } from 'vitest'
import { type Bus, decideByTopology, useBus } from './bus.fixture.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

const largest = '18446744073709551615-18446744073709551615'
const inDays = (days: number) => `${Date.now() + days * 86_400_000}-0`
const add = (id: string, n: number) =>
  redis.admin.xadd(bus.keys.gateway, id, 'type', 'audit.count', 'id', `${n}`, 'data', JSON.stringify({ n }))

async function heard(): Promise<number[]> {
  const entries = await redis.admin.xrange(bus.keys.to('audit'), '-', '+')
  return entries.map(([, flat]) => (JSON.parse(flat[3] ?? '') as { n: number }).n).sort((a, b) => a - b)
}

const isReplaced = () => bus.logged.some(({ message }) => message.includes('had run away'))

describe('a gateway stream', () => {
  it.each([
    ['the largest id', largest],
    ['an id two days ahead', inDays(2)],
  ])('into which somebody put %s takes messages again in a second, and all are heard once', async (_, id) => {
    await bus.relay()
    await add('*', 1)
    await until(async () => (await heard()).length === 1)
    await add(id, 2)
    const brokenAt = performance.now()
    await until(() =>
      add('*', 3).then(
        (given) => Number(given?.split('-')[0]) < Date.now() + 60_000,
        () => false,
      ),
    )
    expect(performance.now() - brokenAt).toBeLessThan(2_000)
    await until(async () => (await heard()).includes(3))
    expect((await heard()).filter((n) => n !== 3)).toEqual([1, 2])
    expect(isReplaced()).toBe(true)
    await until(async () => (await redis.admin.xlen(bus.keys.gateway)) === 0)
  })

  it('with an id an hour ahead, as a wrong clock makes it, stays as it is', async () => {
    await bus.relay()
    await add(`${Date.now() + 3_600_000}-0`, 1)
    await until(async () => (await heard()).length === 1)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(isReplaced()).toBe(false)
  })

  it('is replaced with all that waits in it, read or not, each entry moved once', async () => {
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    const pipeline = redis.admin.pipeline()
    for (let n = 0; n < 2_500; n += 1)
      pipeline.xadd(bus.keys.gateway, '*', 'type', 'audit.count', 'id', `${n}`, 'data', `{"n":${n}}`)
    pipeline.xadd(bus.keys.gateway, largest, 'type', 'audit.count', 'id', '2500', 'data', '{"n":2500}')
    await pipeline.exec()
    await bus.relay({
      decide: async (entries) => {
        await gate
        return decideByTopology(entries)
      },
    })
    await until(isReplaced)
    release()
    await until(async () => (await heard()).length >= 2_501)
    await until(async () => (await redis.admin.xlen(bus.keys.gateway)) === 0)
    expect(await heard()).toEqual(Array.from({ length: 2_501 }, (_, n) => n))
    expect(await redis.admin.exists(bus.keys.healing)).toBe(0)
  })

  it('from which somebody cut unread entries is reported once, with their number', async () => {
    await bus.relay()
    await add('*', 1)
    await until(async () => (await heard()).length === 1)
    const cut = redis.admin.multi()
    for (let n = 2; n < 9; n += 1)
      cut.xadd(bus.keys.gateway, '*', 'type', 'audit.count', 'data', `{"n":${n}}`)
    await cut.xtrim(bus.keys.gateway, 'MAXLEN', 2).exec()
    const told = () => bus.logged.filter(({ message }) => message.includes('were cut off'))
    await until(() => told().length > 0)
    await add('*', 9)
    await until(async () => (await heard()).length === 4)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(told().map(({ details }) => details)).toEqual([{ entries: 5 }])
  })

  it('under load is never reported though nothing was cut off', async () => {
    await Promise.all(['a', 'b'].map((name) => bus.relay({ instance: `router-${name}` })))
    for (let round = 0; round < 20; round += 1) {
      const pipeline = redis.admin.pipeline()
      for (let n = 0; n < 200; n += 1)
        pipeline.xadd(bus.keys.gateway, '*', 'type', 'audit.count', 'id', `${n}`, 'data', `{"n":${n}}`)
      await pipeline.exec()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await until(async () => (await redis.admin.xlen(bus.keys.gateway)) === 0)
    expect(await redis.admin.xlen(bus.keys.to('audit'))).toBe(4_000)
    expect(bus.logged.filter(({ level }) => level === 'error')).toEqual([])
  })
})
