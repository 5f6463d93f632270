import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import type { LinkFault } from './link.proxy.js'
import { Rig } from './rig.js'
import type { RoleProcess } from './role.process.js'
import { SeededChance } from './seeded.chance.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const soakMs = isFull ? 180_000 : 15_000
// Time is compressed: what is kept for a quarter of an hour or for days is kept for seconds.
const sweeper = { keepSentMs: 3_000, keepHandledMs: 20_000, cleanEveryMs: 1_000 }
const forgottenWithinMs = 60_000
// The janitor of the groups looks once a minute, up to a quarter more.
const retiredWithinMs = 90_000
const mostOfAPool = 10
const faults: LinkFault[] = ['cut', 'cut-after-request', 'half-answer']

let rig: Rig
/** One that dies halfway and never comes back. */
let mortal: RoleProcess

beforeAll(async () => {
  rig = await Rig.start({
    seed,
    hasProxies: true,
    settings: { reclaimIdleMs: 1_000, sweeper },
    counts: { router: 1, 'task-scheduler': 1 },
  })
  mortal = rig.of('executor').at(-1) as RoleProcess
})
afterAll(() => rig?.stop())

const living = () => rig.roles.filter((role) => role !== mortal)

async function measure() {
  const heaps = new Map<string, number>()
  for (const role of living()) heaps.set(role.name, await role.heapUsedBytes())
  return { heaps, ...(await rig.connections()) }
}

it(
  'after a long time under load with failing links and a restarted Redis everything is back at its base',
  async () => {
    const startedAt = Date.now()
    const chance = new SeededChance(seed)
    rig.setLoad(60)
    await new Promise((resolve) => setTimeout(resolve, 8_000))
    rig.setLoad(0)
    await mortal.killForGood()
    await rig.untilQuiet()
    const base = await measure()

    rig.setLoad(60)
    for (const until = Date.now() + soakMs; Date.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, chance.between(500, 2_500)))
      if (chance.next() < 0.8) chance.pick([...rig.proxies.values()]).begin(chance.pick(faults))
      else {
        await rig.redis.kill()
        await rig.redis.comeBack()
      }
    }
    rig.setLoad(0)
    await rig.untilQuiet()
    await until(async () => (await rig.ledger.remembered()) === 0, 'all is forgotten', forgottenWithinMs)
    if (isFull) {
      const isRetired = async () => !(await rig.consumers()).has(mortal.name)
      await until(isRetired, 'the dead consumer is retired', retiredWithinMs)
    }
    const after = await measure()
    const notes = [...after.heaps].map(
      ([name, bytes]) => `${name} ${megabytes(base.heaps.get(name) ?? 0)} → ${megabytes(bytes)} MB`,
    )
    notes.push(`connections ${base.redis} → ${after.redis} and ${base.mariadb} → ${after.mariadb}`)
    await mortal.start()
    // Redis 7.0 lists a consumer from its first entry on, not from its first read.
    rig.setLoad(60)
    await until(async () => (await rig.consumers()).has(mortal.name), 'the dead consumer is back at work')
    await endStory(rig, { story: 'soak', seed, startedAt, notes })
    for (const [name, bytes] of after.heaps)
      expect(bytes, name).toBeLessThan(1.2 * (base.heaps.get(name) ?? 0) + 4e6)
    expect(after.redis).toBe(base.redis)
    // Pools keep what they once opened, and open no more than this.
    expect(after.mariadb).toBeLessThanOrEqual(mostOfAPool * living().length)
    expect(await rig.consumers()).toEqual(new Set(rig.roles.map(({ name }) => name)))
  },
  soakMs + 600_000,
)

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
