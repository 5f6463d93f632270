import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  AlreadyRunningError,
  readStackInfo,
  StackError,
  startStack,
  type Stack,
  type StackInfo,
  type StackOptions,
} from './index.js'
import { identify } from './process.identity.js'
import { redisAnswers } from './redis.probe.js'

let root: string
const stacks: Stack[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guildhall-stack-'))
})
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()))
  rmSync(root, { recursive: true, force: true })
})

/** The servers alone: the services are built code, the stories in e2e run them. */
async function start(changes: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ root, services: [], exitSignals: false, onProgress: () => {}, ...changes })
  stacks.push(stack)
  return stack
}

const pidsOf = (info: StackInfo) => [info.redis.pid ?? 0, info.mariadb.pid ?? 0]
const isGone = (pid: number) => identify(pid, '') === undefined
const stateDir = () => join(root, '.guildhall')
const adminOf = () => ({
  username: 'admin',
  password: readFileSync(join(stateDir(), 'secrets', 'admin.redis'), 'utf8'),
})

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

describe('startStack', () => {
  it('tells what runs while it runs, and leaves no process when stopped', async () => {
    const stack = await start()
    expect(readStackInfo(stateDir())).toEqual(stack.info)
    const pids = pidsOf(stack.info)
    expect(pids.some(isGone)).toBe(false)

    await stack.stop()
    expect(pids.every(isGone)).toBe(true)
    expect(readStackInfo(stateDir())).toBeUndefined()
    expect(readdirSync(join(stateDir(), 'run')).sort()).toEqual([
      'clients.json',
      'ports.json',
      'processes.json',
    ])
  })

  it('starts again on the same data, ports and passwords', async () => {
    const first = await start()
    const { redis, mariadb } = first.info
    const admin = adminOf()
    await first.stop()

    const second = await start()
    expect(adminOf()).toEqual(admin)
    expect(second.info.redis.port).toBe(redis.port)
    expect(second.info.mariadb.port).toBe(mariadb.port)
    expect(await redisAnswers(redis.port, admin)).toBe(true)
  })

  it('refuses a second supervisor of the same state directory, and does not disturb the first', async () => {
    const first = await start()
    await expect(start()).rejects.toBeInstanceOf(AlreadyRunningError)
    expect(readStackInfo(stateDir())).toEqual(first.info)
    expect(pidsOf(first.info).some(isGone)).toBe(false)
  })

  it('runs beside the stack of another checkout', async () => {
    const [one, two] = await Promise.all([start(), start({ stateDir: join(root, 'other') })])
    expect(new Set([...pidsOf(one.info), ...pidsOf(two.info)]).size).toBe(4)
    await two.stop()
    expect(await redisAnswers(one.info.redis.port, adminOf())).toBe(true)
  })

  it('starts a killed Redis again with the function library in it, and tells the new pid', async () => {
    const stack = await start()
    const before = stack.info.redis.pid
    const deaths: string[] = []
    stack.onExit((name, exit) => deaths.push(`${name} ${exit.signal}`))
    await stack.kill('redis', 'SIGKILL')
    await vi.waitFor(
      async () => expect(await redisAnswers(stack.info.redis.port, adminOf())).toBe(true),
      10_000,
    )
    expect(deaths).toEqual(['redis SIGKILL'])
    expect(readStackInfo(stateDir())?.redis.pid).toBe(stack.info.redis.pid)
    expect(stack.info.redis.pid).not.toBe(before)
  })

  it('keeps everything it writes from other users, and passwords out of logs, configuration and command lines', async () => {
    const stack = await start()
    const secrets = readdirSync(join(stateDir(), 'secrets')).map((name) =>
      readFileSync(join(stateDir(), 'secrets', name), 'utf8'),
    )
    expect(secrets.length).toBeGreaterThan(10)
    expect(new Set(secrets).size).toBe(secrets.length)
    expect(statSync(stateDir()).mode & 0o077).toBe(0)

    const own = ['redis', 'logs', 'run'].flatMap((folder) => filesIn(join(stateDir(), folder)))
    const commandLines = pidsOf(stack.info).map((pid) => `/proc/${pid}/cmdline`)
    for (const file of [...own, join(stateDir(), 'mariadb', 'accounts.sql'), ...commandLines]) {
      const text = readFileSync(file, 'latin1')
      expect(
        secrets.filter((secret) => text.includes(secret)),
        file,
      ).toEqual([])
    }
  })

  it('leaves nothing running when a service cannot start, and shows why', async () => {
    const failure = await start({ services: ['router'] }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StackError)
    expect(failure).toMatchObject({ step: 'router', advice: expect.stringContaining('ERR_MODULE_NOT_FOUND') })
    const { redis } = JSON.parse(readFileSync(join(stateDir(), 'run', 'ports.json'), 'utf8')) as {
      redis: number
    }
    expect(await redisAnswers(redis)).toBe(false)
    expect(readFileSync(join(stateDir(), 'run', 'processes.json'), 'utf8')).toBe('{}')
    expect(existsSync(join(stateDir(), 'run', 'supervisor.json'))).toBe(false)
  })

  it('refuses to let agents have its own state, before anything runs', async () => {
    await expect(start({ mounts: [join(root, '.guildhall')] })).rejects.toMatchObject({ step: 'mounts' })
    expect(existsSync(join(stateDir(), 'redis', 'redis.conf'))).toBe(false)
  })
})
