import mysql, { type Pool, type PoolOptions } from 'mysql2'
import { DataSource, type DataSourceOptions, type Logger } from 'typeorm'
import { driverAddress, type ServerAddress } from './server.address.js'

export interface ConnectionOptions extends ServerAddress {
  user: string
  password?: string | undefined
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
function createPool(options: PoolOptions): Pool {
  const pool = mysql.createPool(options)
  pool.on('connection', (connection) => {
    for (const statement of sessionSetup) {
      connection.query(statement, (error) => {
        if (error) connection.destroy()
      })
    }
  })
  return pool
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
  more: Pick<DataSourceOptions, 'entities' | 'migrations' | 'migrationsTableName'>,
): DataSource {
  const { user, password, database, poolSize } = connection
  return new DataSource({
    type: 'mariadb',
    driver: { createPool },
    ...driverAddress(connection),
    username: user,
    ...(password === undefined ? {} : { password }),
    database,
    poolSize,
    charset: 'utf8mb4_unicode_520_ci',
    timezone: 'Z',
    connectTimeout: 5_000,
    bigNumberStrings: false,
    synchronize: false,
    migrationsRun: false,
    logger: silent,
    ...more,
  })
}
