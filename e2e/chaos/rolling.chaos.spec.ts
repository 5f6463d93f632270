import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const rounds = isFull ? 3 : 1

let rig: Rig

// However slow the machine is, nobody says again what another process is about to publish.
const sweeper = { unsentAfterMs: 10_000 }

beforeAll(async () => {
  rig = await Rig.start({ seed, settings: { sweeper } })
})
afterAll(() => rig?.stop())

describe('processes that are stopped with SIGTERM one after the other, under load', () => {
  it(
    'hand back what they had not begun: nothing is delivered twice, and next to nothing comes late',
    async () => {
      const startedAt = Date.now()
      rig.setLoad(40)
      await new Promise((resolve) => setTimeout(resolve, 5_000))
      const rolledAt = Date.now()
      for (let round = 0; round < rounds; round += 1) for (const role of rig.roles) await role.roll()
      const before = await rig.ledger.delaysMs(startedAt, rolledAt)
      rig.setLoad(0)
      await rig.untilQuiet()
      const during = await rig.ledger.delaysMs(rolledAt)
      const notes = [
        `slowest ${slowest(before)} ms before and ${slowest(during)} ms during it`,
        `${during.filter((ms) => ms > slowest(before) + 1_000).length} more than 1 s late`,
      ]
      expect(rig.reports('repeated')).toEqual([])
      expect(await rig.ledger.relayedAgain()).toBe(0)
      await endStory(rig, { story: 'rolling restart', seed, startedAt, notes })
    },
    (1 + rounds) * 200_000,
  )
})

function slowest(ascending: readonly number[]): number {
  return Math.round(ascending.at(-1) ?? 0)
}
