import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceName } from '@guildhall/contracts'
import { type RunningMariadb, startMariadb } from '@guildhall/local-stack'
import { migrate } from '@guildhall/migrations'
import { provisionDatabases, schemaName } from '@guildhall/mysql'
import { createConnection } from 'mysql2/promise'

/** A MariaDB of the test's own with one service's migrated schema and least-privileged account. */
export class TestDatabase {
  readonly host: string
  readonly port: number

  private constructor(
    private server: RunningMariadb,
    private readonly dir: string,
    /** Of the service's own account. */
    readonly password: string,
    /** The service's schema. */
    readonly schema: string,
    private readonly service: ServiceName,
  ) {
    this.host = server.host
    this.port = server.port
  }

  /** @param last the migration to stop after, as after an earlier release; default: the newest */
  static async start(service: ServiceName, last?: string): Promise<TestDatabase> {
    const dir = await mkdtemp(join(tmpdir(), `${service}-mariadb-`))
    const server = await startMariadb({ dir })
    const { host, port, adminUser, adminPassword } = server
    const password = randomUUID()
    const schema = schemaName(service)
    await provisionDatabases({ host, port, adminUser, adminPassword, services: [{ service, password }] })
    const database = new TestDatabase(server, dir, password, schema, service)
    await database.migrate(last)
    return database
  }

  /** Brings the schema up to this migration; default: the newest. */
  async migrate(last?: string): Promise<void> {
    const { host, port, service, schema: database } = this
    const { adminUser: user, adminPassword: password } = this.server
    await migrate({ service, host, port, user, password, database, ...(last !== undefined && { last }) })
  }

  /** Rows of a statement in the service's schema, run by an account that may do everything. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    const { host, port, schema: database } = this
    const { adminUser: user, adminPassword: password } = this.server
    const connection = await createConnection({ host, port, user, password, database })
    try {
      const [rows] = await connection.query(sql)
      return rows as Record<string, unknown>[]
    } finally {
      connection.destroy()
    }
  }

  /** Ends the server and keeps its data. */
  async pause(): Promise<void> {
    await this.server.stop()
  }

  async resume(): Promise<void> {
    const { port, adminPassword } = this.server
    this.server = await startMariadb({ dir: this.dir, port, adminPassword })
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.server.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}
