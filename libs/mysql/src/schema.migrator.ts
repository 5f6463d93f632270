import type { DataSource, MigrationInterface } from 'typeorm'
import { createDataSource } from './connection.pool.js'
import { connectWithin } from './connection.retry.js'
import type { ServerAddress } from './server.address.js'
import { DatabaseUnavailableError, failureOf } from './server.errors.js'
import { withServerLock } from './server.lock.js'

const table = 'schema_migrations'
const lockWaitMs = 60_000

export type MigrationClass = new () => MigrationInterface

export interface MigrationTarget extends ServerAddress {
  /** An account that may create tables in the schema; the service's own user may not. */
  user: string
  password?: string | undefined
  database: string
  /** How long to try to connect. Default 30 s. */
  openTimeoutMs?: number | undefined
}

/**
 * Brings a schema to the last of the given migrations, one transaction each, in the order of the timestamps that end
 * their class names. Prints nothing. Idempotent; several at once wait for each other. Statements that define tables
 * commit by themselves: a migration that fails half-way leaves its first half, so keep each to one change.
 * @returns the names applied now, oldest first.
 * @throws DatabaseUnavailableError when the schema could not be reached, or another run held the lock for 60 s.
 */
export async function applyMigrations(
  target: MigrationTarget,
  migrations: readonly MigrationClass[],
): Promise<string[]> {
  return withSchema(target, migrations, async (source) => {
    if ((await pendingNames(source, migrations)).length === 0) return []
    let applied: string[] = []
    const isDone = await withServerLock(source, `migrations:${target.database}`, lockWaitMs, async () => {
      applied = (await source.runMigrations({ transaction: 'each' })).map(({ name }) => name)
    })
    if (!isDone) {
      throw new DatabaseUnavailableError(
        'LOCKED',
        `Another run has been migrating ${target.database} for ${lockWaitMs} ms: wait for it or end it`,
      )
    }
    return applied
  })
}

/** The names of the migrations that the schema has not seen yet; changes nothing. */
export async function pendingMigrations(
  target: MigrationTarget,
  migrations: readonly MigrationClass[],
): Promise<string[]> {
  return withSchema(target, migrations, (source) => pendingNames(source, migrations))
}

async function withSchema<T>(
  target: MigrationTarget,
  migrations: readonly MigrationClass[],
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const source = await connectWithin(target.openTimeoutMs ?? 30_000, target, () =>
    // Two connections: one holds the lock, the other works.
    createDataSource(
      { ...target, poolSize: 2 },
      { migrations: [...migrations], migrationsTableName: table },
    ).initialize(),
  )
  try {
    return await work(source)
  } finally {
    await source.destroy()
  }
}

async function pendingNames(source: DataSource, migrations: readonly MigrationClass[]): Promise<string[]> {
  const applied = new Set(await appliedNames(source))
  return migrations.map(({ name }) => name).filter((name) => !applied.has(name))
}

async function appliedNames(source: DataSource): Promise<string[]> {
  try {
    const rows: { name: string }[] = await source.query(`SELECT name FROM ${table}`)
    return rows.map(({ name }) => name)
  } catch (error) {
    if (failureOf(error).code === 'ER_NO_SUCH_TABLE') return []
    throw error
  }
}
