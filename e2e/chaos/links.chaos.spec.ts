import { afterAll, beforeAll, describe, it } from 'vitest'
import { readChaosConfig } from './chaos.config.js'
import type { LinkFault } from './link.proxy.js'
import { Rig } from './rig.js'
import { SeededChance } from './seeded.chance.js'
import { endStory } from './story.report.js'

const { seed, isFull } = readChaosConfig()
const faults: LinkFault[] = ['cut', 'refuse', 'black-hole', 'delay', 'cut-after-request', 'half-answer']
const rounds = isFull ? 8 : 1

let rig: Rig

beforeAll(async () => {
  rig = await Rig.start({ seed, hasProxies: true })
})
afterAll(() => rig?.stop())

describe('links between the processes and Redis that fail, under load', () => {
  it(
    'lose, double and reorder nothing, however they fail',
    async () => {
      const startedAt = Date.now()
      const chance = new SeededChance(seed)
      const proxies = [...rig.proxies.values()]
      rig.setLoad(40)
      let ended = 0
      for (let round = 0; round < rounds; round += 1)
        for (const fault of faults) {
          await new Promise((resolve) => setTimeout(resolve, chance.between(500, 1_500)))
          // One link, or all of them at once.
          const chosen = chance.next() < 0.3 ? proxies : [chance.pick(proxies), chance.pick(proxies)]
          for (const proxy of chosen) proxy.begin(fault)
          await new Promise((resolve) =>
            setTimeout(resolve, fault === 'delay' ? 6_000 : chance.between(500, 4_500)),
          )
          for (const proxy of proxies) proxy.end()
          ended += 1
        }
      const notes = [`${ended} faults: ${faults.join(', ')}`]
      await endStory(rig, { story: 'links', seed, startedAt, notes })
    },
    rounds * 60_000 + 120_000,
  )
})
