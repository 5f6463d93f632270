import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { migrate } from '@guildhall/migrations'
import { provisionDatabases, schemaName } from '@guildhall/mysql'

export interface ExecutorDatabase {
  host: string
  port: number
  password: string
}

// Debian keeps the server where a plain user's PATH does not look.
const env = { ...process.env, PATH: [process.env['PATH'], '/usr/sbin', '/usr/local/sbin'].join(delimiter) }
const asRoot = process.getuid?.() === 0 ? ['--user=root'] : []

/** A private MariaDB with the executor's migrated schema. */
export async function startDatabase(): Promise<ExecutorDatabase & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'executor-mariadb-'))
  const install = [
    '--no-defaults',
    `--datadir=${folder}/data`,
    ...asRoot,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--innodb-log-file-size=16M',
  ]
  await promisify(execFile)('mariadb-install-db', install, { env })
  const port = await freePort()
  const options = [
    '--no-defaults',
    ...asRoot,
    `--datadir=${folder}/data`,
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
  const server = spawn('mariadbd', options, { env, stdio: 'ignore' })
  const exited = once(server, 'exit')
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  const address = { host: '127.0.0.1', port, password: 'executor-test' }
  await provisionDatabases({
    ...address,
    adminUser: 'root',
    services: [{ service: 'executor', password: address.password }],
  })
  await migrate({
    service: 'executor',
    host: address.host,
    port,
    user: 'root',
    database: schemaName('executor'),
  })
  return {
    ...address,
    async stop() {
      server.kill('SIGTERM')
      await exited
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
