import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { endDaemon, spawnDaemon } from './daemon.js'
import { freePort } from './free.port.js'
import { startMariadb, StackError, type RunningMariadb } from './index.js'
import { planMariadb } from './mariadb.server.js'
import { identify } from './process.identity.js'

let dir: string
const running: RunningMariadb[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guildhall-mariadb-'))
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  rmSync(dir, { recursive: true, force: true })
})

async function start(options: Partial<Parameters<typeof startMariadb>[0]> = {}) {
  const server = await startMariadb({ dir, ...options })
  running.push(server)
  return server
}

/** Runs SQL through the mariadb program; rejects with what it printed on an error. */
async function sql(
  server: RunningMariadb,
  statement: string,
  login: { user?: string; password?: string } = {},
) {
  const result = await execa(
    'mariadb',
    [
      '--no-defaults',
      '-h127.0.0.1',
      `-P${server.port}`,
      `-u${login.user ?? server.adminUser}`,
      '-N',
      '-e',
      statement,
    ],
    { env: { MYSQL_PWD: login.password ?? server.adminPassword } },
  )
  return result.stdout
}

describe('startMariadb', () => {
  it('takes its administrator on a port of its own, keeps data over a restart and leaves no process when stopped', async () => {
    const first = await start()
    await sql(first, 'CREATE DATABASE kept; CREATE TABLE kept.t (id INT); INSERT INTO kept.t VALUES (7)')
    await first.stop()
    expect(identify(first.pid, '')).toBeUndefined()

    const second = await start()
    expect(await sql(second, 'SELECT id FROM kept.t')).toBe('7')
  })

  it('keeps committed rows when it is killed', async () => {
    const first = await start()
    await sql(first, 'CREATE DATABASE kept; CREATE TABLE kept.t (id INT); INSERT INTO kept.t VALUES (7)')
    process.kill(first.pid, 'SIGKILL')
    await first.stop()
    expect(await sql(await start(), 'SELECT id FROM kept.t')).toBe('7')
  })

  it('lets nobody in without the password, and the new password counts after a restart', async () => {
    const first = await start({ adminPassword: 'first-password' })
    await expect(sql(first, 'SELECT 1', { password: '' })).rejects.toThrow('Access denied')
    await expect(sql(first, 'SELECT 1', { user: 'root', password: '' })).rejects.toThrow('Access denied')
    await first.stop()

    const second = await start({ adminPassword: 'second-password' })
    expect(await sql(second, 'SELECT 1')).toBe('1')
    await expect(sql(second, 'SELECT 1', { password: 'first-password' })).rejects.toThrow('Access denied')
  })

  it('never has the password in its command line or in a file it leaves', async () => {
    const server = await start()
    expect(readFileSync(`/proc/${server.pid}/cmdline`, 'utf8')).not.toContain(server.adminPassword)
    expect(readFileSync(join(dir, 'accounts.sql'), 'utf8')).not.toContain(server.adminPassword)
    expect(readFileSync(server.logFile, 'utf8')).not.toContain(server.adminPassword)
  })

  it('starts in a folder with spaces, too deep for the path of a socket, beside another one', async () => {
    const deep = join(dir, ...Array.from({ length: 12 }, () => 'a rather long name'))
    mkdirSync(deep, { recursive: true })
    const [one, other] = await Promise.all([start({ dir: deep }), start({ dir: join(dir, 'other') })])
    await sql(one, 'CREATE DATABASE mine')
    expect(await sql(other, "SHOW DATABASES LIKE 'mine'")).toBe('')
  })

  it('makes its data anew when an earlier start was interrupted while making them', async () => {
    mkdirSync(join(dir, 'data.new', 'mysql'), { recursive: true })
    expect(await sql(await start(), 'SELECT 1')).toBe('1')
    expect(existsSync(join(dir, 'data.new'))).toBe(false)
  })

  it('can be stopped at any moment of its start', async () => {
    await (await start()).stop()
    const plan = await planMariadb({ dir, port: await freePort(), adminPassword: 'password' })
    for (let delayMs = 0; delayMs <= 200; delayMs += 20) {
      const daemon = spawnDaemon(plan)
      await sleep(delayMs)
      await endDaemon(plan, daemon)
      expect(daemon.exit()?.livedMs, `stopped after ${delayMs} ms`).toBeLessThan(10_000)
    }
  }, 60_000)

  it('says what to install when mariadbd is missing', async () => {
    const failure = await startMariadb({ dir, path: dir }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StackError)
    expect(failure).toMatchObject({ step: 'mariadb', advice: expect.stringContaining('mariadb-server-core') })
  })

  it('shows the last lines of the log when the data cannot be opened', async () => {
    mkdirSync(join(dir, 'data'))
    const failure = await startMariadb({ dir }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ step: 'mariadb', advice: expect.stringMatching(/last lines:\n.+/s) })
  })
})
