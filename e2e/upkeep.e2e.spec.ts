import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import {
  type ServiceName,
  serviceNames,
  StateDelete,
  StateDeleted,
  StateFound,
  StateGet,
  StateSet,
  StateStored,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { streamKeys } from '@guildhall/redis-streams'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine } from './command.line.js'
import { Ledger } from './ledger.js'
import { RunningStack } from './running.stack.js'

let guildhall: RunningStack
let ledger: Ledger

beforeAll(async () => {
  guildhall = await RunningStack.start()
  ledger = await Ledger.open(guildhall)
})
afterAll(() => guildhall.stop())

async function asAdmin<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = guildhall.redis('admin')
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

/** What all services log in with now. */
function passwords(): Record<ServiceName, { redis: string; mysql: string }> {
  const of = (service: ServiceName) => ({
    redis: guildhall.secret(`${service}.redis`),
    mysql: guildhall.secret(`${service}.mysql`),
  })
  return Object.fromEntries(serviceNames.map((service) => [service, of(service)])) as ReturnType<
    typeof passwords
  >
}

/** Ids of the connections that services have to Redis. */
const connections = () =>
  asAdmin(async (redis) => {
    const list = String(await redis.client('LIST'))
    const own = list
      .split('\n')
      .filter((line) => serviceNames.some((name) => line.includes(` user=${name} `)))
    return own.map((line) => /^id=(\d+)/.exec(line)?.[1])
  })

async function redisAnswer(username: string, password: string): Promise<string> {
  return asAdmin((redis) => redis.call('AUTH', username, password)).then(
    String,
    (error: Error) => error.message,
  )
}

async function mariadbAnswer(service: ServiceName, password: string): Promise<string> {
  const { host, port } = guildhall.stack.info.mariadb
  const publisher = { publish: () => Promise.resolve() }
  const options = { service, host, port, password, entities: [], publisher, openTimeoutMs: 1 }
  try {
    await (await Database.open(options)).close()
    return 'OK'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function filesIn(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n')
}

/** The command lines of all processes, again and again until it is told to end. */
async function watchCommandLines(isOver: () => boolean): Promise<string> {
  const seen = new Set<string>()
  while (!isOver()) {
    const { stdout } = await promisify(execFile)('ps', ['-eo', 'args', '-ww'])
    for (const line of stdout.split('\n')) seen.add(line)
    await sleep(30)
  }
  return [...seen].join('\n')
}

describe('a running stack', () => {
  it('completes a task within 5 s after Redis has lost its functions', async () => {
    await guildhall.run(ledger.task('before the loss'))
    await asAdmin((redis) => redis.call('FUNCTION', 'FLUSH'))
    const lostAtMs = Date.now()
    const { task } = await guildhall.run(ledger.task('after the loss'))
    expect(Date.now() - lostAtMs).toBeLessThan(5_000)
    expect(task).toMatchObject({ state: 'completed', result: 'appended' })
    expect(ledger.timesOf('after the loss')).toBe(1)
  })

  it('goes on while the passwords of all services are replaced, and then knows the old ones no more', async () => {
    const before = passwords()
    const connectionsBefore = await connections()
    let isRotated = false
    const watching = watchCommandLines(() => isRotated)
    const lines: string[] = []
    const lane = async (name: string) => {
      // The last one begins when all passwords are new.
      for (let n = 0, isLast = false; !isLast && n < 100; n++) {
        isLast = isRotated
        const line = `${name} ${n}`
        lines.push(line)
        const { task } = await guildhall.run(ledger.task(line))
        expect({ line, ...task }).toMatchObject({ state: 'completed', result: 'appended' })
      }
    }
    const commands = CommandLine.in(guildhall.stateDir)
    const rotating = commands.runProgram('credentials', 'rotate').finally(() => {
      isRotated = true
      commands.remove()
    })
    await Promise.all([rotating, lane('left'), lane('right')])
    const { value, stderr } = await rotating
    expect(value).toEqual({ running: true, rotated: [...serviceNames] })

    for (const line of lines) expect(ledger.timesOf(line), line).toBe(1)
    const dead = await asAdmin((redis) =>
      Promise.all(serviceNames.map((service) => redis.xlen(streamKeys('main').deadLetter(service)))),
    )
    expect(dead.reduce((sum, length) => sum + length)).toBe(0)

    const after = passwords()
    for (const service of serviceNames) {
      expect(await redisAnswer(service, before[service].redis), service).toMatch(/^WRONGPASS/)
      expect(await mariadbAnswer(service, before[service].mysql), service).toBe('ER_ACCESS_DENIED_ERROR')
      expect(await redisAnswer(service, after[service].redis), service).toBe('OK')
      expect(await mariadbAnswer(service, after[service].mysql), service).toBe('OK')
    }
    const connectionsAfter = new Set(await connections())
    expect(connectionsBefore.filter((id) => connectionsAfter.has(id))).toEqual([])

    const shown = [
      JSON.stringify(value),
      stderr,
      await watching,
      filesIn(join(guildhall.stateDir, 'logs')),
    ].join('\n')
    const secrets = [before, after].flatMap((all) =>
      Object.values(all).flatMap(({ redis, mysql }) => [redis, mysql]),
    )
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([])
  }, 90_000)
})

const get = async (key: string) => (await guildhall.client.request(StateGet, { key }, StateFound)).value
const set = (value: StateSet) => guildhall.client.request(StateSet, value, StateStored)

describe('the state', () => {
  it('is read again from MySQL when Redis lost it, if it was persisted', async () => {
    await set({ key: 'kept', value: { a: [1, 'two', null] }, persist: true })
    await set({ key: 'hot', value: 'only in Redis' })
    expect(await get('hot')).toMatchObject({ found: true, value: 'only in Redis' })
    await asAdmin(async (redis) => {
      const keys = await redis.keys('gh:{main}:state:*')
      expect(keys.length).toBeGreaterThan(0)
      await redis.del(...keys)
    })
    expect(await get('kept')).toMatchObject({ found: true, value: { a: [1, 'two', null] } })
    expect(await get('hot')).toMatchObject({ found: false })
  })

  it('is gone from both after a delete', async () => {
    await set({ key: 'short', value: 1, persist: true })
    await guildhall.client.request(StateDelete, { key: 'short' }, StateDeleted)
    expect(await get('short')).toMatchObject({ found: false })
  })
})
