import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CallFixture } from '../call.fixture.js'
import { ownMark } from '../watch/owner-mark.js'
import { cgroupPlaces } from './cgroup-place.policy.js'
import { CallGroups } from './call-groups.js'

const groups = await CallGroups.open()
const folders = () =>
  cgroupPlaces(
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  ).flatMap(({ folder }) =>
    readdirSync(folder)
      .filter((name) => name.startsWith(`guildhall-${ownMark()}-`))
      .map((name) => join(folder, name)),
  )

let calls: CallFixture
beforeAll(async () => {
  calls = await CallFixture.create()
})
afterAll(() => calls.remove())

describe.runIf(groups)('where this process may make control groups', () => {
  it('the kernel holds the memory of a call, whichever of its processes has it', async () => {
    const holder = `perl -e '$x = "y" x (60 << 20); sleep 3' & `
    const result = await calls.shell(`${holder.repeat(4)} wait; echo HELD`, {
      limits: { memoryBytes: 100 << 20 },
    })
    expect(result).toMatchObject({ ending: 'memory', stdout: '', enforced: { memoryBytes: 'kernel' } })
  })

  it('a call leaves no group behind', async () => {
    expect((await calls.shell('sleep 0.05')).ending).toBe('exited')
    await vi.waitUntil(() => folders().length === 0, { timeout: 5_000, interval: 10 })
  })

  it('what a killed process left is ended and removed, and nothing of a living one', async () => {
    const mine = groups?.create(2 ** 30)
    const [own = ''] = folders()
    const dead = join(dirname(own), `guildhall-${ownMark().replace(/-\d+-\d+$/, '-999999999-1')}-1`)
    mkdirSync(dead)
    const left = spawn('sleep', ['60'], { stdio: 'ignore' })
    writeFileSync(join(dead, 'cgroup.procs'), String(left.pid))
    await vi.waitUntil(() => groups?.sweep() === 0, { timeout: 5_000, interval: 10 })
    await vi.waitUntil(() => left.signalCode === 'SIGKILL', { timeout: 5_000, interval: 10 })
    expect(folders()).toEqual([own])
    await mine?.remove()
    expect(folders()).toEqual([])
  })
})
