import type { Envelope } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

const length = (key: string) => redis.admin.xlen(key)
const waiting = () => redis.admin.zcard(bus.keys.delayed)

function delayed(byMs: number, n = 0, type = 'test.hello'): Envelope {
  const said = say(type, { n }, 'executor')
  said.header.delivertime = new Date(Date.parse(said.header.time) + byMs).toISOString()
  return said
}

describe('a delayed message', () => {
  it('is audited at once, and delivered when it is due, not before', async () => {
    await bus.relay()
    const heard: number[] = []
    await bus.server('executor', { 'test.hello': () => void heard.push(Date.now()) })
    const message = delayed(1_000)
    await bus.publisher('executor').publish([message])
    await until(async () => (await bus.recorded()).length === 1)
    expect([await waiting(), await length(bus.keys.from('executor')), heard.length]).toEqual([1, 0, 0])
    await until(() => heard.length === 1)
    expect(heard[0]! - Date.parse(message.header.time)).toBeGreaterThanOrEqual(1_000)
    expect([await waiting(), await redis.admin.hlen(bus.keys.delayedMessages)]).toEqual([0, 0])
  })

  it('goes at once when its time is over', async () => {
    await bus.relay()
    await bus.publisher('executor').publish([delayed(-5_000)])
    await until(async () => (await length(bus.keys.to('executor'))) === 1)
    expect(await redis.admin.exists(bus.keys.delayedMessages)).toBe(0)
  })

  it('among many is delivered once, with several routers at work and one of them killed', async () => {
    const routers = await Promise.all(
      ['a', 'b', 'c'].map((name) => bus.relay({ instance: `router-${name}`, reclaimIdleMs: 500 })),
    )
    const messages = Array.from({ length: 500 }, (_, n) => delayed(300 + (n % 7) * 100, n))
    const publishing = bus.publisher('executor').publish(messages)
    await routers[0]?.stop()
    await publishing
    await until(async () => (await length(bus.keys.to('executor'))) >= 500)
    await until(async () => (await waiting()) === 0)
    const entries = await redis.admin.xrange(bus.keys.to('executor'), '-', '+')
    const numbers = entries.map(([, flat]) => (JSON.parse(flat[3] ?? '') as { n: number }).n)
    expect(numbers.sort((a, b) => a - b)).toEqual(messages.map((_, n) => n))
    expect(await bus.recorded()).toHaveLength(500)
  })

  it('is still there when all routers and Redis were killed meanwhile', async () => {
    const relay = await bus.relay()
    await redis.admin.config('SET', 'appendfsync', 'always')
    const count = 20
    await bus.publisher('executor').publish(Array.from({ length: count }, (_, n) => delayed(1_500, n)))
    await until(async () => (await waiting()) === count)
    await relay.stop()
    await redis.kill()
    await redis.launch()
    await until(async () => (await redis.admin.ping().catch(() => '')) === 'PONG')
    expect(await waiting()).toBe(count)
    await bus.relay()
    await until(async () => (await length(bus.keys.to('executor'))) === count)
    expect([await waiting(), (await bus.recorded()).length]).toEqual([0, count])
  })

  it('waits for room when its destination is at its limit, while others go', async () => {
    await bus.relay({ destinationLimit: 2 })
    const both = [delayed(1_000), delayed(1_000, 0, 'audit.count')]
    await bus.publisher('executor').publish(both)
    await until(async () => (await waiting()) === 2)
    for (let n = 0; n < 2; n += 1) await redis.admin.xadd(bus.keys.to('executor'), '*', 'in', 'the way')
    await until(async () => (await length(bus.keys.to('audit'))) === 1)
    expect([await waiting(), await length(bus.keys.to('executor'))]).toEqual([1, 2])
    await redis.admin.xtrim(bus.keys.to('executor'), 'MAXLEN', 0)
    await until(async () => (await length(bus.keys.to('executor'))) === 1)
  })

  it('that leads nowhere becomes a dead letter', async () => {
    await bus.relay()
    await bus.publisher('executor').publish([delayed(60_000)])
    await until(async () => (await waiting()) === 1)
    const [name = ''] = await redis.admin.zrange(bus.keys.delayed, '0', '-1')
    await redis.admin.hdel(bus.keys.delayedMessages, String(name))
    await redis.admin.zadd(bus.keys.delayed, '1', String(name))
    await until(async () => (await bus.deadLetters('router')).length === 1)
    const [letter] = await bus.deadLetters('router')
    expect(letter?.error).toMatchObject({ code: 'undeliverable', stream: bus.keys.from('executor') })
    expect(await waiting()).toBe(0)
  })
})
