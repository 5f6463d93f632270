import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { Rig } from './rig.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const rounds = isFull ? 3 : 1
const reclaimIdleMs = 500

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed, reclaimIdleMs })
})
afterAll(() => rig?.stop())
afterEach(async () => {
  for (const role of rig.roles) role.reports.length = 0
  await rig.ledger.clear()
})

const repeats = () =>
  rig.roles.flatMap(({ reports }) => reports.filter((report) => report.report === 'repeated'))
const begun = (n: number) =>
  rig.of('executor').filter(({ reports }) => reports.some((one) => one.report === 'began' && one.n === n))

describe('processes that are stopped with SIGTERM one after the other, under load', () => {
  it('hand back what they had not begun: nothing is delivered twice, and next to nothing comes late', async () => {
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
    expect(repeats()).toEqual([])
    expect(await rig.ledger.relayedAgain()).toBe(0)
    await endStory(rig, { story: 'rolling restart', seed, startedAt, notes })
  }, 300_000)
})

describe('a handler that takes ten times as long as others wait before they take over', () => {
  it('runs once', async () => {
    const startedAt = Date.now()
    rig.setLoad(10)
    const slow = [await rig.say(0, 'take-long'), await rig.say(1, 'take-long')]
    await until(async () => (await rig.ledger.outstanding()) === 0, 'all is done', 30_000)
    for (const n of slow) expect(begun(n)).toHaveLength(1)
    expect(repeats()).toEqual([])
    await endStory(rig, { story: 'slow handler', seed, startedAt })
  })
})

function slowest(ascending: readonly number[]): number {
  return Math.round(ascending.at(-1) ?? 0)
}
