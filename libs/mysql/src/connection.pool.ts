import mysql, { type Pool, type PoolOptions } from 'mysql2'
import { DataSource, type DataSourceOptions, type Logger } from 'typeorm'
import { driverAddress, type ServerAddress } from './server.address.js'

export interface ConnectionOptions extends ServerAddress {
  user: string
  /** A function is asked anew for each connection: a password that may change while the process runs. */
  password?: string | (() => string) | undefined
  database: string
  /** Connections at most. */
  poolSize: number
}

// The modes that MySQL 8.4 sets by default, so that both servers refuse the same statements.
const sqlMode = [
  'STRICT_TRANS_TABLES',
  'ONLY_FULL_GROUP_BY',
  'NO_ZERO_IN_DATE',
  'NO_ZERO_DATE',
  'ERROR_FOR_DIVISION_BY_ZERO',
  'NO_ENGINE_SUBSTITUTION',
].join(',')

const sessionSetup = [
  `SET SESSION sql_mode = '${sqlMode}', time_zone = '+00:00', innodb_lock_wait_timeout = 10`,
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
]

/** A pool whose every connection is set up before its first query: the driver runs a connection's queries in order. */
function createPool(options: PoolOptions, password: ConnectionOptions['password']): Pool {
  const pool = mysql.createPool(options)
  if (typeof password === 'function') readEachTime(pool, password)
  pool.on('connection', (connection) => {
    for (const statement of sessionSetup) {
      connection.query(statement, (error) => {
        if (error) connection.destroy()
      })
    }
  })
  return pool
}

/** Each connection of the pool gets a copy of this configuration, accessors included, when it is made. */
function readEachTime(pool: Pool, password: () => string): void {
  const { config } = pool as unknown as { config: { connectionConfig: object } }
  const get = () => {
    try {
      return password()
    } catch {
      // Thrown in the driver's socket it would end the process. The server refuses who comes without: an outage.
      return ''
    }
  }
  Object.defineProperty(config.connectionConfig, 'password', { get })
}

// TypeORM's own logger writes migrations to the console even when logging is off.
const silent: Logger = {
  logQuery() {},
  logQueryError() {},
  logQuerySlow() {},
  logSchemaBuild() {},
  logMigration() {},
  log() {},
}

/** A data source that is not yet connected. The schema is never synchronised: migrations alone change it. */
export function createDataSource(
  connection: ConnectionOptions,
  more: Pick<DataSourceOptions, 'entities' | 'migrations' | 'migrationsTableName'> & {
    /** Several statements may go in one call. Default false. */
    multipleStatements?: boolean
  },
): DataSource {
  const { user, password, database, poolSize } = connection
  return new DataSource({
    type: 'mariadb',
    driver: { createPool: (options: PoolOptions) => createPool(options, password) },
    ...driverAddress(connection),
    username: user,
    ...(typeof password === 'string' ? { password } : {}),
    database,
    poolSize,
    charset: 'utf8mb4_unicode_520_ci',
    timezone: 'Z',
    connectTimeout: 5_000,
    // The server has room for some 16,000 prepared statements of all connections together.
    extra: { maxPreparedStatements: 100 },
    bigNumberStrings: false,
    synchronize: false,
    migrationsRun: false,
    logger: silent,
    ...more,
  })
}
