import { randomUUID } from 'node:crypto'
import { type RunningMariadb, startMariadb } from '@guildhall/local-stack'
import { migrate } from '@guildhall/migrations'
import { messagingTables, provisionDatabases, schemaName } from '@guildhall/mysql'
import { type Connection, createConnection } from 'mysql2/promise'

export const ledgerServices = ['router', 'audit', 'task-scheduler', 'executor'] as const
export type LedgerService = (typeof ledgerServices)[number]

const password = randomUUID()

const revisions = 'CREATE TABLE revisions (k INT PRIMARY KEY, revision INT NOT NULL) ENGINE=InnoDB'
const tables: Partial<Record<LedgerService, string[]>> = {
  'task-scheduler': [
    revisions,
    'CREATE TABLE said (k INT, n INT, at DATETIME(3) NOT NULL, PRIMARY KEY (k, n)) ENGINE=InnoDB',
    // No key on (k, n): a second answer, or effect, is to be seen and not refused.
    `CREATE TABLE answers (seq BIGINT AUTO_INCREMENT PRIMARY KEY, message_id CHAR(36) NOT NULL, k INT, n INT,
      at DATETIME(3) NOT NULL, KEY (k, n)) ENGINE=InnoDB`,
  ],
  executor: [
    revisions,
    `CREATE TABLE effects (seq BIGINT AUTO_INCREMENT PRIMARY KEY, message_id CHAR(36) NOT NULL, k INT, n INT,
      is_applied BOOLEAN NOT NULL, at DATETIME(3) NOT NULL, KEY (k, n)) ENGINE=InnoDB`,
  ],
}

/** The MariaDB of a rig: the router's and the audit's own schemas, and the tables that the two workers write. */
export class LedgerDatabase {
  private constructor(
    private readonly server: RunningMariadb,
    private readonly connection: Connection,
  ) {}

  /** @param keys so many keys have numbered messages. */
  static async start(dir: string, keys: number): Promise<LedgerDatabase> {
    const server = await startMariadb({ dir })
    const { host, port, adminUser: user, adminPassword } = server
    const services = ledgerServices.map((service) => ({ service, password }))
    await provisionDatabases({ host, port, adminUser: user, adminPassword, services })
    for (const service of ['router', 'audit'])
      await migrate({ service, host, port, user, password: adminPassword, database: schemaName(service) })
    const connection = await createConnection({ host, port, user, password: adminPassword })
    for (const [service, own] of Object.entries(tables)) {
      await connection.query(`USE ${schemaName(service)}`)
      for (const statement of [...messagingTables(), ...own]) await connection.query(statement)
      const rows = Array.from({ length: keys }, (_, key) => [key, 0])
      await connection.query('INSERT INTO revisions (k, revision) VALUES ?', [rows])
    }
    return new LedgerDatabase(server, connection)
  }

  /** Where and how a service logs in. */
  get access(): { host: string; port: number; password: string } {
    return { host: this.server.host, port: this.server.port, password }
  }

  async query<T extends object>(sql: string): Promise<T[]> {
    const [rows] = await this.connection.query(sql)
    return rows as T[]
  }

  async stop(): Promise<void> {
    this.connection.destroy()
    await this.server.stop()
  }
}
