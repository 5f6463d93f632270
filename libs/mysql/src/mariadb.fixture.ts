import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'

export interface TestServer {
  host: string
  port: number
  adminUser: string
  /** Rows of a statement run as the admin. */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>
  /** Ends the process and keeps the data; resolves once it is gone. */
  goAway(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts on the same data and port again. */
  comeBack(): Promise<void>
  stop(): Promise<void>
}

// Debian keeps the server where a plain user's PATH does not look.
const mariadbd =
  ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'].find((path) => existsSync(path)) ?? 'mariadbd'
const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []

/** A private MariaDB in a temporary folder on a free port; `stop` ends it and removes the folder. */
export async function startMariadb(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mariadb-'))
  // A server that starts deletes the temporary tables of all others that use the same folder.
  const temporary = join(folder, 'tmp')
  await mkdir(temporary)
  await promisify(execFile)('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--tmpdir=${temporary}`,
    ...asRoot,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--innodb-log-file-size=16M',
  ])
  const port = await freePort()
  const launch = () => {
    const args = [
      '--no-defaults',
      ...asRoot,
      `--datadir=${folder}/data`,
      `--tmpdir=${temporary}`,
      `--socket=${folder}/s`,
      `--pid-file=${folder}/pid`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-buffer-pool-size=64M',
      '--innodb-log-file-size=16M',
      '--character-set-server=utf8mb4',
      '--skip-log-bin',
    ]
    const server = spawn(mariadbd, args, { stdio: 'ignore' })
    return { server, exited: once(server, 'exit') }
  }
  let { server, exited } = launch()
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  let admin = await connectAsAdmin(port)
  return {
    host: '127.0.0.1',
    port,
    adminUser: 'root',
    async query(sql, parameters) {
      const [rows] = await admin.query(sql, parameters)
      return rows as Record<string, unknown>[]
    },
    async goAway(signal) {
      admin.destroy()
      server.kill(signal)
      await exited
    },
    async comeBack() {
      ;({ server, exited } = launch())
      admin = await connectAsAdmin(port)
    },
    async stop() {
      admin.destroy()
      server.kill('SIGTERM')
      await exited
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function connectAsAdmin(port: number) {
  for (const deadline = Date.now() + 20_000; ; await sleep(30)) {
    try {
      return await createConnection({ host: '127.0.0.1', port, user: 'root', timezone: 'Z' })
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
