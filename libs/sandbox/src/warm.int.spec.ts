import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { CallFixture } from './call.fixture.js'
import { defaultLimits, prepareWorkspace, removeWorkspace, type SandboxSurroundings } from './index.js'
import { identify, isAlive } from './watch/process-identity.js'
import { pidsOf } from './watch/process-tree.js'

let calls: CallFixture
beforeAll(async () => {
  calls = await CallFixture.create()
})
afterEach(() => calls.sandbox.coolDown())
afterAll(() => calls.remove())

const surroundings = (over: Partial<SandboxSurroundings> = {}): SandboxSurroundings => ({
  workspace: calls.workspace,
  mounts: [],
  limits: defaultLimits,
  ...over,
})
/** Sandboxes that this process started and that wait for a command. */
const waiting = (): number =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && commandLine(pid).includes('eval "$line"')).length

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

describe('a warm sandbox', () => {
  it('runs the next call as a new one would, and only that', async () => {
    await calls.sandbox.warmUp(surroundings())
    await calls.sandbox.warmUp(surroundings())
    expect(waiting()).toBe(1)
    const hostile = `it's "$(id)"\n`
    const script =
      'printf "%s|%s|" "$A" "$1"; pwd; readlink /proc/self/ns/pid; ls /proc/self/fd | wc -l; exit 3'
    const run = () => calls.run(['bash', '-c', script, 'x', hostile], { env: { A: hostile } })
    const [warm, cold] = [await run(), await run()]
    expect(waiting()).toBe(0)
    expect([warm.isWarm, cold.isWarm]).toEqual([true, undefined])
    for (const { exitCode, ending, stdout } of [warm, cold]) {
      expect({ exitCode, ending }).toEqual({ exitCode: 3, ending: 'exited' })
      expect(stdout.startsWith(`${hostile}|${hostile}|/workspace\n`)).toBe(true)
    }
    const [warmLines, coldLines] = [warm, cold].map(({ stdout }) => stdout.trim().split('\n'))
    expect(warmLines?.at(-1)).toBe(coldLines?.at(-1))
    expect(warmLines?.at(-2)).not.toBe(coldLines?.at(-2))
  })

  it('has limits of its own, and dies with its call', async () => {
    await calls.sandbox.warmUp(surroundings())
    const result = await calls.shell('sleep 60 & sleep 60', { limits: { wallMs: 200 } })
    expect(waiting()).toBe(0)
    expect(result.ending).toBe('wall-time')
    expect(result.usage.wallMs).toBeLessThan(700)
  })

  it('is not for calls with other limits, mounts or input', async () => {
    await calls.sandbox.warmUp(surroundings())
    await calls.run(['true'], { limits: { processes: 50 } })
    await calls.run(['true'], { stdin: 'x' })
    await calls.run(['true'], { mounts: [{ source: calls.folder, target: '/mnt/x', mode: 'ro' }] })
    expect(waiting()).toBe(1)
  })

  it('ends before a call that could move its islands away', async () => {
    mkdirSync(join(calls.workspace, 'a'), { mode: 0o777 })
    writeFileSync(join(calls.workspace, 'a', 'island'), 'ours', { mode: 0o666 })
    const protect = ['a/island']
    await calls.sandbox.warmUp(surroundings({ protect }))
    await calls.shell('mv a b 2>/dev/null; mv b a 2>/dev/null; true')
    expect(waiting()).toBe(0)
    await calls.sandbox.warmUp(surroundings({ protect }))
    await calls.shell('echo theirs >a/island', { protect })
    expect(waiting()).toBe(0)
    expect(readFileSync(join(calls.workspace, 'a', 'island'), 'utf8')).toBe('ours')
  })

  it('is not for a workspace that took the place of its own', async () => {
    const path = join(calls.folder, 'second')
    await prepareWorkspace(path)
    await calls.sandbox.warmUp(surroundings({ workspace: path }))
    await removeWorkspace(path)
    await prepareWorkspace(path)
    await calls.shell('echo here >file', { workspace: path })
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('here\n')
  })

  it('ends when it is told to, and when there is nothing to make one of nobody hears', async () => {
    await calls.sandbox.warmUp(surroundings())
    await calls.sandbox.coolDown('/elsewhere')
    expect(waiting()).toBe(1)
    await calls.sandbox.coolDown(calls.workspace)
    expect(waiting()).toBe(0)
    await calls.sandbox.warmUp(surroundings({ workspace: '/nowhere' }))
    expect(waiting()).toBe(0)
  })

  it('dies with a process that is killed, and so does a file session', async () => {
    const child = fork(fileURLToPath(new URL('./warm.child.fixture.mjs', import.meta.url)))
    try {
      child.send(calls.workspace)
      await once(child, 'message')
      const held = pidsOf(child.pid ?? 0).map(identify)
      // Three of each sandbox, and the process itself.
      expect(held.length).toBeGreaterThanOrEqual(7)
      child.kill('SIGKILL')
      await vi.waitUntil(() => !held.some(isAlive), { timeout: 20_000, interval: 10 })
    } finally {
      child.kill('SIGKILL')
    }
  })
})
