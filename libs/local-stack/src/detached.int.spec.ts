import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { AlreadyRunningError, readStackInfo, startDetached, stopDetached, type StackInfo } from './index.js'
import { identify, isRunning, type ProcessIdentity } from './process.identity.js'
import { stateDirAt } from './state.dir.js'
import { livingSupervisor } from './supervisor.lock.js'

// The supervisor runs from dist: build first.
const root = join(import.meta.dirname, '..', '..', '..')
let stateDir: string

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'guildhall-detached-'))
})
afterEach(async () => {
  await stopDetached(stateDir)
  rmSync(stateDir, { recursive: true, force: true })
})

const start = (steps: string[] = []) =>
  startDetached({ root, stateDir, services: [], onProgress: (step, done) => steps.push(`${step} ${done}`) })

const isGone = (pid: number | undefined) => pid !== undefined && identify(pid, '') === undefined
const pidsOf = (info: StackInfo) => [info.supervisorPid, info.redis.pid, info.mariadb.pid]

describe('startDetached', () => {
  it('shows progress, returns when all is ready, and stopDetached leaves nothing', async () => {
    const steps: string[] = []
    const info = await start(steps)
    expect(steps).toContain('Redis and MariaDB true')
    expect(readStackInfo(stateDir)).toEqual(info)
    expect(pidsOf(info).some(isGone)).toBe(false)

    expect(await stopDetached(stateDir)).toBe(true)
    expect(pidsOf(info).every(isGone)).toBe(true)
    expect(await stopDetached(stateDir)).toBe(false)
  })

  it('says that it is running already', async () => {
    const info = await start()
    await expect(start()).rejects.toBeInstanceOf(AlreadyRunningError)
    expect(readStackInfo(stateDir)).toEqual(info)
  })

  it('leaves nothing running when the supervisor is killed, and starts again on the same data', async () => {
    const first = await start()
    process.kill(first.supervisorPid, 'SIGKILL')
    await expect.poll(() => isGone(first.supervisorPid)).toBe(true)
    expect(readStackInfo(stateDir)).toBeUndefined()

    const second = await start()
    expect(pidsOf(first).every(isGone)).toBe(true)
    expect(second.redis.port).toBe(first.redis.port)
  })

  it('ends what an earlier supervisor left running', async () => {
    await start()
    await stopDetached(stateDir)
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const identity = identify(left.pid ?? 0, 'setInterval') as ProcessIdentity
    writeFileSync(join(stateDir, 'run', 'processes.json'), JSON.stringify({ router: identity }))
    await start()
    expect(isRunning(identity)).toBe(false)
  })

  it('tells why it failed', async () => {
    const failure = await startDetached({
      root,
      stateDir,
      mounts: ['/no/such/folder'],
      onProgress: () => {},
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      step: 'mounts',
      message: '"/no/such/folder" is not a folder of this machine.',
    })
  })

  it('stops when whoever asked for it dies before it is ready', async () => {
    const asking = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startDetached } = await import(${JSON.stringify(join(root, 'libs/local-stack/dist/index.js'))})
         await startDetached({ root: ${JSON.stringify(root)}, stateDir: ${JSON.stringify(stateDir)}, services: [],
           onProgress: (step, done) => { if (done) process.kill(process.pid, 'SIGKILL') } })`,
      ],
      { stdio: 'ignore' },
    )
    await new Promise((resolve) => asking.once('exit', resolve))
    expect(asking.signalCode).toBe('SIGKILL')
    const { lockFile } = stateDirAt(stateDir)
    await expect.poll(() => livingSupervisor(lockFile), { timeout: 20_000 }).toBeUndefined()
    expect(readFileSync(join(stateDir, 'run', 'processes.json'), 'utf8')).toBe('{}')
    expect(await stopDetached(stateDir)).toBe(false)
  })
})
