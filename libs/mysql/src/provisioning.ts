import { type Connection, createConnection } from 'mysql2/promise'
import { connectWithin } from './connection.retry.js'
import { schemaName, userName } from './schema.names.js'
import { driverAddress, type ServerAddress } from './server.address.js'
import { failureOf } from './server.errors.js'

export interface ServiceAccount {
  service: string
  password: string
}

export interface ProvisioningOptions extends ServerAddress {
  adminUser: string
  adminPassword?: string | undefined
  services: readonly ServiceAccount[]
  /** How long to try to connect as the admin. Default 30 s. */
  openTimeoutMs?: number | undefined
}

/** A schema or user could not be made. Holds the server's code and text, never the statement: that has a password. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError'
  constructor(
    readonly service: string,
    readonly code: string,
    text: string,
  ) {
    super(
      `Schema and user of ${service} could not be made: ${text} (${code}). The admin user needs all rights.`,
    )
  }
}

/**
 * Gives each service a schema and a user of the same name that may read and write rows in this schema and nothing else:
 * no tables made, no other schema seen. Idempotent; what is right already is only looked at, as the service itself.
 * A wrong password is replaced, surplus rights are taken away. Schemas are never emptied or dropped.
 * @throws ProvisioningError | DatabaseUnavailableError
 */
export async function provisionDatabases(o: ProvisioningOptions): Promise<void> {
  const wanting: ServiceAccount[] = []
  for (const account of o.services) {
    if (account.password === '') throw new Error(`The database password of ${account.service} is empty`)
    if (!(await isProvisioned(o, account))) wanting.push(account)
  }
  if (wanting.length === 0) return
  const admin = await connectWithin(
    o.openTimeoutMs ?? 30_000,
    { ...o, user: o.adminUser, database: 'mysql' },
    () => connect(o, o.adminUser, o.adminPassword),
  )
  try {
    for (const account of wanting) await provision(admin, account)
  } finally {
    await admin.end()
  }
}

async function connect(
  server: ServerAddress,
  user: string,
  password: string | undefined,
  database?: string,
): Promise<Connection> {
  return createConnection({
    ...driverAddress(server),
    user,
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    connectTimeout: 5_000,
  })
}

async function isProvisioned(server: ServerAddress, { service, password }: ServiceAccount): Promise<boolean> {
  let connection: Connection | undefined
  try {
    connection = await connect(server, userName(service), password, schemaName(service))
    const [rows] = await connection.query({ sql: 'SHOW GRANTS', rowsAsArray: true })
    return hasExactly(
      rightsOf(service),
      (rows as string[][]).map(([grant]) => grant ?? ''),
    )
  } catch {
    return false
  } finally {
    await connection?.end()
  }
}

// An underscore is a wildcard in the name of a granted schema.
function rightsOf(service: string): string {
  return `GRANT SELECT, INSERT, UPDATE, DELETE ON \`${schemaName(service).replaceAll('_', '\\_')}\`.* TO `
}

function hasExactly(rights: string, grants: readonly string[]): boolean {
  const isUsage = (grant: string) => grant.startsWith('GRANT USAGE ON *.* TO ')
  return (
    grants.some((grant) => grant.startsWith(rights)) &&
    grants.every((grant) => (grant.startsWith(rights) && !grant.includes('WITH GRANT')) || isUsage(grant))
  )
}

async function provision(admin: Connection, { service, password }: ServiceAccount): Promise<void> {
  const schema = schemaName(service)
  const user = `'${userName(service)}'@'%'`
  try {
    // The driver escapes with backslashes, which these modes would read otherwise.
    await admin.query("SET SESSION sql_mode = 'STRICT_TRANS_TABLES'")
    await admin.query(
      `CREATE DATABASE IF NOT EXISTS \`${schema}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`,
    )
    await admin.query(`CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY ?`, [password])
    await admin.query(`ALTER USER ${user} IDENTIFIED BY ?`, [password])
    await admin.query(`REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${user}`)
    await admin.query(`${rightsOf(service)}${user}`)
  } catch (error) {
    const { code, text } = failureOf(error)
    throw new ProvisioningError(service, code, text.replaceAll(password, '***'))
  }
}
