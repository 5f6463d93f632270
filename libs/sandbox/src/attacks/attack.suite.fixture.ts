import { afterAll, beforeAll, describe, it } from 'vitest'
import type { Sandbox } from '../index.js'
import type { Attack } from './attack.fixture.js'
import { contain, containTogether, isModest } from './contain.fixture.js'
import { fileAttacks } from './file.attacks.fixture.js'
import { networkAttacks } from './network.attacks.fixture.js'
import { processAttacks } from './process.attacks.fixture.js'
import { resourceAttacks } from './resource.attacks.fixture.js'
import { textAttacks } from './text.attacks.fixture.js'
import { VictimHost } from './victim.fixture.js'

/** Several containers or pods start at the same time. */
const PATIENT_WALL_MS = 20_000
/** As many tests as run at the same time. */
const LANES = 5

/** All attacks, by whom they are against. */
export const attacksOn = (network: readonly Attack[] = networkAttacks) =>
  [
    ['the files of the host', fileAttacks],
    ['its processes and its kernel', processAttacks],
    ['its network', network],
    ['its resources', resourceAttacks],
    ['whoever handles text', textAttacks],
  ] as const

/**
 * All attacks, some at the same time, the modest ones of a kind in one call: for sandboxes that take long to start.
 *
 * @param sandbox asked for once it is there
 */
export function describeAttacks(sandbox: () => Sandbox, network?: readonly Attack[]): void {
  const hosts: VictimHost[] = []
  beforeAll(async () => {
    for (let lane = 0; lane < LANES; lane += 1) hosts.push(await VictimHost.create())
  }, 60_000)
  afterAll(async () => {
    for (const host of hosts) await host.remove()
  })

  async function withHost(use: (host: VictimHost) => Promise<void>): Promise<void> {
    const host = hosts.pop()!
    try {
      await use(host)
    } finally {
      hosts.push(host)
    }
  }

  describe.concurrent.each(attacksOn(network))('who attacks %s and', (_, attacks) => {
    const [modest, others] = [attacks.filter(isModest), attacks.filter((one) => !isModest(one))]
    if (modest.length > 0)
      it(`${modest.map(({ name }) => name).join('; ')}: is contained`, () =>
        withHost((host) => containTogether(modest, sandbox(), host)))
    it.each(others)('$name is contained', (one) =>
      withHost((host) => contain(one, sandbox(), host, PATIENT_WALL_MS)),
    )
  })
}
