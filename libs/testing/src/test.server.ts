import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningMariadb, startMariadb } from '@guildhall/local-stack'
import { createConnection } from 'mysql2/promise'

let dir: string | undefined
let server: RunningMariadb | undefined
/** Of the server before it was stopped: it comes back at the same place. */
let place: Pick<RunningMariadb, 'port' | 'adminPassword'> | undefined

/**
 * The MariaDB of this process, started when it does not run. To make one takes longer than most specs, and those of a
 * process run one after the other, so they share it. It ends with the process, and its data go.
 */
export async function startServer(): Promise<RunningMariadb> {
  if (server) return server
  dir ??= newFolder()
  server = await startMariadb({ dir, ...place })
  const { host, port, adminUser: user, adminPassword } = server
  place = { port, adminPassword }
  const connection = await createConnection({ host, port, user, password: adminPassword })
  // A commit still outlives the server, though not a loss of power, and takes no time of the disk.
  await connection.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2')
  await connection.end()
  return server
}

/** Ends the server and keeps its data. */
export async function stopServer(): Promise<void> {
  await server?.stop()
  server = undefined
}

function newFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mariadb-'))
  const clear = () => {
    if (server) process.kill(server.pid, 'SIGKILL')
    server = undefined
    rmSync(made, { recursive: true, force: true, maxRetries: 10 })
  }
  process.once('exit', clear)
  // As vitest ends its workers.
  process.once('SIGTERM', () => {
    clear()
    process.kill(process.pid, 'SIGTERM')
  })
  return made
}
