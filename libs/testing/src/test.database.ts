import { randomUUID } from 'node:crypto'
import type { ServiceName } from '@guildhall/contracts'
import { migrate } from '@guildhall/migrations'
import { provisionDatabases, schemaName } from '@guildhall/mysql'
import { createConnection } from 'mysql2/promise'
import { startServer, stopServer } from './test.server.js'

/** One service's migrated schema, empty at first, and its least-privileged account, on the MariaDB of this process. */
export class TestDatabase {
  private constructor(
    readonly host: string,
    readonly port: number,
    private readonly adminUser: string,
    private readonly adminPassword: string,
    /** Of the service's own account. */
    readonly password: string,
    /** The service's schema. */
    readonly schema: string,
    private readonly service: ServiceName,
  ) {}

  /** @param last the migration to stop after, as after an earlier release; default: the newest */
  static async start(service: ServiceName, last?: string): Promise<TestDatabase> {
    const { host, port, adminUser, adminPassword } = await startServer()
    const password = randomUUID()
    const schema = schemaName(service)
    const database = new TestDatabase(host, port, adminUser, adminPassword, password, schema, service)
    await database.clear()
    await provisionDatabases({ host, port, adminUser, adminPassword, services: [{ service, password }] })
    await database.migrate(last)
    return database
  }

  /** Brings the schema up to this migration; default: the newest. */
  async migrate(last?: string): Promise<void> {
    const { host, port, service, schema: database, adminUser: user, adminPassword: password } = this
    await migrate({ service, host, port, user, password, database, ...(last !== undefined && { last }) })
  }

  /** Rows of a statement in the service's schema, run by an account that may do everything. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    return this.asAdmin(sql, this.schema)
  }

  /** Ends the server and keeps its data. */
  async pause(): Promise<void> {
    await stopServer()
  }

  async resume(): Promise<void> {
    await startServer()
  }

  /** Removes the schema. */
  async stop(): Promise<void> {
    await startServer()
    await this.clear()
  }

  private async clear(): Promise<void> {
    await this.asAdmin(`DROP DATABASE IF EXISTS ${this.schema}`)
  }

  private async asAdmin(sql: string, database?: string): Promise<Record<string, unknown>[]> {
    const { host, port, adminUser: user, adminPassword: password } = this
    const connection = await createConnection({ host, port, user, password, ...(database && { database }) })
    try {
      const [rows] = await connection.query(sql)
      return rows as Record<string, unknown>[]
    } finally {
      connection.destroy()
    }
  }
}
