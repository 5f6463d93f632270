import type { EntityManager } from 'typeorm'
import { affectedRows } from './affected.rows.js'
import type { Database } from './database.js'
import { failureOf } from './server.errors.js'

export interface StateRow {
  /** JSON text. */
  value: string
  version: number
  /** Milliseconds since the epoch; absent means never. */
  expiresAtMs?: number | undefined
}

/** Decides on a write from the row as it is, locked; undefined when there is none. May throw to write nothing. */
export type StateWrite = (current: StateRow | undefined) => StateRow

const condition = 'space = ? AND entry_key = ?'

/**
 * One key space in `state_entries`, the persistent half of a StateManager. Expired rows are handed out like others: the
 * caller compares the time. A row's lock orders everything that is done about its key.
 */
export class StateRows {
  readonly #database: Database
  readonly #space: string

  constructor(database: Database, space: string) {
    this.#database = database
    this.#space = space
  }

  /** Reads without a lock. */
  async find(key: string): Promise<StateRow | undefined> {
    return this.#select(this.#database.manager, key, '')
  }

  /** Runs `work` on the row while nobody else can write or remove it. */
  async withLock<T>(key: string, work: (row: StateRow | undefined) => Promise<T>): Promise<T> {
    return this.#database.transact(async ({ manager }) =>
      work(await this.#select(manager, key, 'FOR UPDATE')),
    )
  }

  /** Puts what `decide` makes of the row; `beforeCommit` runs while the row is still locked. */
  async write(key: string, decide: StateWrite, beforeCommit: () => Promise<void>): Promise<StateRow> {
    return this.#database.transact(async ({ manager }) => {
      const row = await this.#put(manager, key, decide)
      await beforeCommit()
      return row
    })
  }

  async remove(key: string, beforeCommit: () => Promise<void>): Promise<void> {
    await this.#database.transact(async ({ manager }) => {
      await manager.query(`DELETE FROM state_entries WHERE ${condition}`, [this.#space, key])
      await beforeCommit()
    })
  }

  /** Deletes up to `limit` rows of all spaces that expired before the given time; returns how many. */
  async removeExpired(beforeMs: number, limit: number): Promise<number> {
    const result: unknown = await this.#database.manager.query(
      'DELETE FROM state_entries WHERE expires_at < ? ORDER BY expires_at LIMIT ?',
      [new Date(beforeMs), limit],
    )
    return affectedRows(result)
  }

  async #put(manager: EntityManager, key: string, decide: StateWrite): Promise<StateRow> {
    for (;;) {
      const current = await this.#select(manager, key, 'FOR UPDATE')
      const row = decide(current)
      const columns = [
        row.value,
        row.version,
        row.expiresAtMs === undefined ? null : new Date(row.expiresAtMs),
      ]
      if (current) {
        await manager.query(
          `UPDATE state_entries SET value = ?, version = ?, expires_at = ?, updated_at = UTC_TIMESTAMP(3) WHERE ${condition}`,
          [...columns, this.#space, key],
        )
        return row
      }
      try {
        await manager.query(
          `INSERT INTO state_entries (value, version, expires_at, updated_at, space, entry_key)
           VALUES (?, ?, ?, UTC_TIMESTAMP(3), ?, ?)`,
          [...columns, this.#space, key],
        )
        return row
      } catch (error) {
        // Another transaction has just created the row: only the statement failed, and now the row can be locked.
        if (failureOf(error).code !== 'ER_DUP_ENTRY') throw error
      }
    }
  }

  async #select(manager: EntityManager, key: string, lock: '' | 'FOR UPDATE'): Promise<StateRow | undefined> {
    const [row]: { value: string; version: number | string; expires_at: Date | null }[] = await manager.query(
      `SELECT value, version, expires_at FROM state_entries WHERE ${condition} ${lock}`,
      [this.#space, key],
    )
    return row && { value: row.value, version: Number(row.version), expiresAtMs: row.expires_at?.getTime() }
  }
}
