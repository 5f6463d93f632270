import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { SeededChance } from './seeded.chance.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const times = isFull ? 5 : 1
const recoveredWithinMs = 5_000
const full = { maxmemory: '1' }

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed })
})
afterAll(() => rig?.stop())
afterEach(() => rig.ledger.clear())

const { from, to, gateway } = { from: 'from:task-scheduler', to: 'to:executor', gateway: 'gateway' }
const losses: Record<string, () => Promise<unknown>> = {
  FLUSHALL: () => rig.redis.admin.flushall(),
  [`DEL of ${from}`]: () => rig.redis.admin.del(rig.keys.from('task-scheduler')),
  [`DEL of ${to}`]: () => rig.redis.admin.del(rig.keys.to('executor')),
  [`DEL of ${gateway}`]: () => rig.redis.admin.del(rig.keys.gateway),
  [`XGROUP DESTROY on ${from}`]: () =>
    rig.redis.admin.xgroup('DESTROY', rig.keys.from('task-scheduler'), 'router'),
  [`XGROUP DESTROY on ${to}`]: () => rig.redis.admin.xgroup('DESTROY', rig.keys.to('executor'), 'executor'),
  'the function library flushed': () => rig.redis.admin.call('FUNCTION', 'FLUSH'),
  'memory full for 3 s': async () => {
    await rig.redis.admin.config('SET', 'maxmemory', full.maxmemory)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    await rig.redis.admin.config('SET', 'maxmemory', '0')
  },
}

describe('what Redis loses or refuses, under load', () => {
  it.each(Object.entries(losses))('is made good within 5 s with no hand laid on: %s', async (loss, lose) => {
    const startedAt = Date.now()
    const chance = new SeededChance(seed)
    const tookMs: number[] = []
    for (let time = 0; time < times; time += 1) {
      rig.setLoad(60)
      await new Promise((resolve) => setTimeout(resolve, chance.between(1_500, 2_500)))
      await lose()
      const lostAt = Date.now()
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      rig.setLoad(0)
      await rig.untilQuiet(30_000)
      tookMs.push(Math.round(await rig.ledger.answeredAfterMs(lostAt)))
    }
    const notes = [`recovered after at most ${Math.max(...tookMs)} ms`]
    await endStory(rig, { story: loss, seed, startedAt, notes }, 10_000)
    expect(Math.max(...tookMs)).toBeLessThan(recoveredWithinMs)
  })
})
