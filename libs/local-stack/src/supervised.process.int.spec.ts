import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { spawnDaemon } from './daemon.js'
import { freePort } from './free.port.js'
import { identify } from './process.identity.js'
import type { ProcessPlan } from './process.plan.js'
import { endLeftovers, ProcessRegister } from './process.register.js'
import { planRedis } from './redis.server.js'
import { SupervisedProcess } from './supervised.process.js'

let dir: string
let registerFile: string
const supervised: SupervisedProcess[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guildhall-supervised-'))
  registerFile = join(dir, 'processes.json')
})
afterEach(async () => {
  await Promise.all(supervised.splice(0).map((each) => each.stop()))
  rmSync(dir, { recursive: true, force: true })
})

const redis = async () => planRedis({ dir: join(dir, 'redis'), port: await freePort() })

function script(code: string, changes: Partial<ProcessPlan> = {}): ProcessPlan {
  return {
    name: 'script',
    command: process.execPath,
    args: ['-e', code],
    env: {},
    cwd: dir,
    logFile: join(dir, 'script.log'),
    marker: 'node',
    readyTimeoutMs: 5_000,
    stopTimeoutMs: 5_000,
    isReady: () => Promise.resolve(true),
    ...changes,
  }
}

function supervise(plan: ProcessPlan) {
  const exits: number[] = []
  const process = new SupervisedProcess(plan, new ProcessRegister(registerFile), {
    onSpawn: () => {},
    onExit: (_name, _exit, restartInMs) => exits.push(restartInMs),
  })
  supervised.push(process)
  return { process, exits }
}

describe('SupervisedProcess', () => {
  it('starts a process that was killed again, under a new pid', async () => {
    const plan = await redis()
    const { process: server, exits } = supervise(plan)
    await server.start()
    const first = server.pid
    await server.kill('SIGKILL')
    await expect.poll(() => plan.isReady()).toBe(true)
    expect(server.pid).not.toBe(first)
    expect(exits).toEqual([100])
  })

  it('waits longer with each death of a process that cannot live', async () => {
    const { process: doomed, exits } = supervise(script('setTimeout(() => process.exit(3), 150)'))
    await doomed.start()
    await expect.poll(() => exits).toEqual([100, 200, 400])
  })

  it('does not start again what was stopped', async () => {
    const { process: server, exits } = supervise(await redis())
    await server.start()
    const { pid } = server
    await server.stop()
    expect(identify(pid ?? 0, '')).toBeUndefined()
    expect(server.pid).toBeUndefined()
    expect(exits).toEqual([])
  })

  it('ends a process that ignores SIGTERM, and what it had started', async () => {
    const stubborn = `
      process.on('SIGTERM', () => {})
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      console.log(child.pid)
      setInterval(() => {}, 1000)`
    const log = () => readFileSync(join(dir, 'script.log'), 'utf8')
    const { process: script_ } = supervise(
      script(stubborn, { stopTimeoutMs: 200, isReady: () => Promise.resolve(/\d+\n/.test(log())) }),
    )
    await script_.start()
    const [pid, childPid] = [script_.pid ?? 0, Number(log())]
    expect(identify(childPid, '')).toBeDefined()
    await script_.stop()
    expect(identify(pid, '')).toBeUndefined()
    await expect.poll(() => identify(childPid, '')).toBeUndefined()
  })

  it('fails with the last lines of the log when the process dies before it is ready', async () => {
    const { process: failing } = supervise(
      script('console.error("no such luck"); process.exit(7)', { isReady: () => Promise.resolve(false) }),
    )
    await expect(failing.start()).rejects.toMatchObject({
      step: 'script',
      message: expect.stringContaining('exit code 7'),
      advice: expect.stringContaining('no such luck'),
    })
  })

  it('fails when the process is not ready in time, and ends it', async () => {
    const { process: slow } = supervise(
      script('setInterval(() => {}, 1000)', { readyTimeoutMs: 100, isReady: () => Promise.resolve(false) }),
    )
    await expect(slow.start()).rejects.toThrow('not ready after 0.1 s')
    expect(slow.pid).toBeUndefined()
  })
})

describe('endLeftovers', () => {
  it('ends what is registered and still the same process, and nothing else', async () => {
    const left = spawnDaemon(script('setInterval(() => {}, 1000)', { name: 'left' }))
    const other = spawnDaemon(script('setInterval(() => {}, 1000)', { name: 'other' }))
    const register = new ProcessRegister(registerFile)
    register.add('left', left.pid, 'node')
    register.add('other', other.pid, 'node')
    const text = readFileSync(registerFile, 'utf8')
    const entries = JSON.parse(text) as Record<string, { startedAt: string }>
    const reused = { ...entries, other: { ...entries['other'], startedAt: 'another boot 1' } }
    writeFileSync(registerFile, JSON.stringify(reused))

    expect(await endLeftovers(registerFile)).toEqual(['left'])
    expect(identify(left.pid, '')).toBeUndefined()
    expect(identify(other.pid, '')).toBeDefined()
    process.kill(other.pid, 'SIGKILL')
    await other.exited
  })

  it('kills what does not end when asked to', async () => {
    const code = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"
    const stubborn = spawnDaemon(script(code))
    await expect.poll(() => readFileSync(join(dir, 'script.log'), 'utf8')).toContain('up')
    new ProcessRegister(registerFile).add('stubborn', stubborn.pid, 'node')
    await endLeftovers(registerFile, 200)
    expect((await stubborn.exited).signal).toBe('SIGKILL')
  })

  it('has nothing to do without a register, or with a broken one', async () => {
    expect(await endLeftovers(join(dir, 'missing.json'))).toEqual([])
  })
})
