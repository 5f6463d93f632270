import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Attack } from '../attacks/attack.fixture.js'
import { contain } from '../attacks/contain.fixture.js'
import { fileAttacks } from '../attacks/file.attacks.fixture.js'
import { networkAttacks } from '../attacks/network.attacks.fixture.js'
import { processAttacks } from '../attacks/process.attacks.fixture.js'
import { resourceAttacks } from '../attacks/resource.attacks.fixture.js'
import { textAttacks } from '../attacks/text.attacks.fixture.js'
import { VictimHost } from '../attacks/victim.fixture.js'
import { CallFixture } from '../call.fixture.js'
import { createContainerSandbox } from './container.sandbox.js'
import { PrivateEngine, whyNoEngine } from './engine.fixture.js'

/** As many tests as run at the same time. */
const LANES = 5
const reason = whyNoEngine()

describe.skipIf(reason !== undefined)(`containers${reason === undefined ? '' : ` (${reason})`}`, () => {
  let engine: PrivateEngine
  let calls: CallFixture
  let hosts: VictimHost[] = []
  beforeAll(async () => {
    engine = await PrivateEngine.start()
    const { socketPath } = engine
    calls = await CallFixture.create(createContainerSandbox({ socketPath, image: PrivateEngine.image }))
    hosts = await Promise.all(Array.from({ length: LANES }, () => VictimHost.create()))
  }, 60_000)
  afterAll(async () => {
    await engine?.stop()
    await calls?.remove()
    await Promise.all(hosts.map((host) => host.remove()))
  })

  describe.concurrent.each([
    ['the files of the host', fileAttacks],
    ['its processes and its kernel', processAttacks],
    ['its network', networkAttacks],
    ['its resources', resourceAttacks],
    ['whoever handles text', textAttacks],
  ] satisfies [string, readonly Attack[]][])('who attacks %s and', (_, attacks) => {
    it.each(attacks)('$name is contained', async (one) => {
      const host = hosts.pop()!
      try {
        await contain(one, calls.sandbox, host)
      } finally {
        hosts.push(host)
      }
    })
  })

  it('x', async () => {
    const t = performance.now()
    console.log(
      (await calls.shell('cat /etc/resolv.conf')).stdout,
      performance.now() - t,
      readFileSync('/proc/loadavg', 'utf8'),
    )
  })
})
