import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CallFixture } from '../call.fixture.js'
import { defaultLimits } from '../limits.js'
import { ownMark } from '../watch/owner-mark.js'
import { cgroupPlaces } from './cgroup-place.policy.js'
import { CallGroups } from './call-groups.js'

const groups = await CallGroups.open()
const sample = groups?.create(2 ** 30)
const isRenewable = sample?.renew() === true
await sample?.remove()
const allFolders = () =>
  cgroupPlaces(
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync('/proc/self/cgroup', 'utf8'),
  ).flatMap(({ folder }) => readdirSync(folder).map((name) => join(folder, name)))
const folders = () => allFolders().filter((path) => basename(path).startsWith(`guildhall-${ownMark()}-`))
const isEmpty = (folder: string) => readFileSync(join(folder, 'cgroup.procs'), 'utf8') === ''

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

  it.runIf(isRenewable)(
    'calls use a group again, one after another, and what one used is not counted for the next',
    async () => {
      const limits = { memoryBytes: 300 << 20 }
      const hungry = await calls.shell(`perl -e '$x = "y" x (60 << 20); 1 while (times)[0] < 0.2'`, {
        limits,
      })
      await vi.waitUntil(() => folders().every(isEmpty), { timeout: 20_000, interval: 10 })
      const used = folders()
      const modest = await calls.shell('true', { limits })
      expect(folders()).toEqual(used)
      expect(hungry.usage.maxMemoryBytes).toBeGreaterThan(60 << 20)
      expect(modest.usage.maxMemoryBytes).toBeLessThan(30 << 20)
      expect(hungry.usage.cpuMs).toBeGreaterThan(150)
      expect(modest.usage.cpuMs).toBeLessThan(150)
    },
  )

  it.runIf(isRenewable)('a group whose call ran out of memory, or may live, is nobody else’s', async () => {
    const [first, second] = [groups!.create(2 ** 30)!, groups!.create(2 ** 30)!]
    await groups!.release(first, false)
    await groups!.release(second, true)
    expect(groups!.create(2 ** 30)).toBe(second)
    await groups!.release(second, true)
    groups!.removeIdle()
    const limits = { memoryBytes: 100 << 20 }
    const before = folders()
    expect((await calls.shell(`perl -e '$x = "y" x (200 << 20)'`, { limits })).ending).toBe('memory')
    await vi.waitUntil(() => folders().length === before.length, { timeout: 20_000, interval: 10 })
  })

  it('a process leaves no group behind', async () => {
    const program = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
    const request = { argv: ['true'], env: {}, workspace: calls.workspace, mounts: [], limits: defaultLimits }
    const script = `const { createSandbox } = await import(${JSON.stringify(program)})
      const { ending } = await createSandbox({ kind: 'bubblewrap' }).run(${JSON.stringify(request)})
      console.log(ending)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    expect(await text(child.stdout)).toBe('exited\n')
    expect(allFolders().filter((path) => path.includes(`-${child.pid}-`))).toEqual([])
  })

  it('what a killed process left is ended and removed, and nothing of a living one', async () => {
    const others = folders()
    const mine = groups?.create(2 ** 30)
    const own = folders().find((path) => !others.includes(path))!
    const dead = join(dirname(own), `guildhall-${ownMark().replace(/-\d+-\d+$/, '-999999999-1')}-1`)
    mkdirSync(dead)
    const left = spawn('sleep', ['60'], { stdio: 'ignore' })
    writeFileSync(join(dead, 'cgroup.procs'), String(left.pid))
    await vi.waitUntil(() => groups?.sweep() === 0, { timeout: 20_000, interval: 10 })
    await vi.waitUntil(() => left.signalCode === 'SIGKILL', { timeout: 20_000, interval: 10 })
    expect(folders()).toContain(own)
    await mine?.remove()
    expect(folders()).toEqual(others)
  })
})
