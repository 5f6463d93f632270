import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { userName } from './schema.names.js'
import { driverAddress, type ServerAddress } from './server.address.js'
import { failureOf } from './server.errors.js'

const betweenLooksMs = 200
// ER_NO_SUCH_THREAD: it has ended by itself.
const noSuchThread = 1094

export interface PasswordReplacement extends ServerAddress {
  adminUser: string
  adminPassword: string
  service: string
  password: string
  /** How long connections of the old password may finish what they do before they are cut. Default 10 s. */
  drainMs?: number | undefined
}

/**
 * Gives a service's user another password, and then ends the connections that were made with the old one: as soon as they
 * are between two transactions, at the latest after `drainMs`. The service is to know the new password already: neither
 * MySQL nor MariaDB lets a user have two of them in the same way, so a connection that it makes in the very moment before
 * is refused.
 * @throws Error with what the server says, never with a password.
 */
export async function replacePassword(o: PasswordReplacement): Promise<void> {
  const admin = await createConnection({
    ...driverAddress(o),
    user: o.adminUser,
    password: o.adminPassword,
    connectTimeout: 5_000,
  })
  try {
    // The driver escapes with backslashes, which other modes would read otherwise.
    await admin.query("SET SESSION sql_mode = 'STRICT_TRANS_TABLES'")
    await admin.query(`ALTER USER '${userName(o.service)}'@'%' IDENTIFIED BY ?`, [o.password])
    await endConnections(admin, userName(o.service), o.drainMs ?? 10_000)
  } catch (error) {
    const { code, text } = failureOf(error)
    const reason = text.replaceAll(o.password, '***')
    // eslint-disable-next-line preserve-caught-error -- the driver's error holds the statement, and that the password
    throw new Error(`The database password of ${o.service} could not be replaced: ${reason} (${code})`)
  } finally {
    await admin.end()
  }
}

async function endConnections(admin: Connection, user: string, drainMs: number): Promise<void> {
  const deadline = Date.now() + drainMs
  const old = new Set((await connectionsOf(admin, user)).map(({ id }) => id))
  for (;;) {
    const left = (await connectionsOf(admin, user)).filter(({ id }) => old.has(id))
    if (left.length === 0) return
    const isOver = Date.now() > deadline
    for (const { id } of left.filter(({ isIdle }) => isIdle || isOver)) await end(admin, id)
    await sleep(betweenLooksMs)
  }
}

async function connectionsOf(admin: Connection, user: string): Promise<{ id: number; isIdle: boolean }[]> {
  const [rows] = await admin.query<RowDataPacket[]>(
    `SELECT id, command = 'Sleep' AND trx_id IS NULL AS idle
     FROM information_schema.processlist LEFT JOIN information_schema.innodb_trx ON trx_mysql_thread_id = id
     WHERE user = ?`,
    [user],
  )
  return rows.map((row) => ({ id: Number(row['id']), isIdle: Number(row['idle']) === 1 }))
}

async function end(admin: Connection, id: number): Promise<void> {
  try {
    await admin.query('KILL CONNECTION ?', [id])
  } catch (error) {
    if (failureOf(error).errno !== noSuchThread) throw error
  }
}
