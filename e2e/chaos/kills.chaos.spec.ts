import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { SeededChance } from './seeded.chance.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const kills = isFull ? 200 : 20
const victims = ['executor', 'task-scheduler', 'router', 'audit', 'redis'] as const

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed })
})
afterAll(() => rig?.stop())

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
      expect(await rig.deadLetters()).toEqual([])
    },
    kills * 10_000 + 180_000,
  )
})
