import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { SeededChance } from './seeded.chance.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const kills = isFull ? 200 : 20
const victims = ['executor', 'task-scheduler', 'router', 'audit', 'redis'] as const
const losingTimes = isFull ? 5 : 1
const recoveredWithinMs = 5_000
const full = { maxmemory: '1' }

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed })
})
afterAll(() => rig?.stop())
afterEach(() => rig.ledger.clear())

const begun = (n: number) =>
  rig.of('executor').filter(({ reports }) => reports.some((one) => one.report === 'began' && one.n === n))

/** Kills something that is up, and does not wait until it is back. */
async function killOne(chance: SeededChance): Promise<string> {
  const victim = chance.pick(victims)
  if (victim === 'redis') {
    await rig.redis.kill()
    await new Promise((resolve) => setTimeout(resolve, chance.between(0, 500)))
    await rig.redis.comeBack()
    return victim
  }
  const role = chance.pick(rig.of(victim))
  await role.untilReady()
  await role.kill()
  return victim
}

describe('processes killed with SIGKILL at random, under load', () => {
  it(
    'lose, double and reorder nothing',
    async () => {
      const startedAt = Date.now()
      const chance = new SeededChance(seed)
      const killed: Record<string, number> = {}
      rig.setLoad(60)
      for (let kill = 0; kill < kills; kill += 1) {
        await new Promise((resolve) => setTimeout(resolve, chance.between(50, 1_500)))
        const victim = await killOne(chance)
        killed[victim] = (killed[victim] ?? 0) + 1
      }
      const notes = [
        Object.entries(killed)
          .map(([victim, times]) => `${victim} ${times}`)
          .join(', '),
      ]
      await endStory(rig, { story: 'kills', seed, startedAt, kills, notes }, 90_000)
      expect(await rig.ledger.deadLetterCodes()).toEqual([])
    },
    kills * 10_000 + 180_000,
  )
})

describe('the work of a consumer that was killed and does not come back', () => {
  it('runs elsewhere within 10 s', async () => {
    const startedAt = Date.now()
    const n = await rig.say(2, 'take-long', 3_000)
    await until(() => begun(n).length === 1, 'its handler begins')
    const [victim] = begun(n)
    const killedAt = Date.now()
    await victim?.killForGood()
    await until(() => begun(n).length === 2, 'another one begins', 10_000)
    const tookMs = Date.now() - killedAt
    await victim?.start()
    await endStory(rig, {
      story: 'killed consumer',
      seed,
      startedAt,
      kills: 1,
      notes: [`elsewhere after ${tookMs} ms`],
    })
  })
})

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
    for (let time = 0; time < losingTimes; time += 1) {
      rig.setLoad(60)
      await new Promise((resolve) => setTimeout(resolve, chance.between(750, 1_500)))
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
