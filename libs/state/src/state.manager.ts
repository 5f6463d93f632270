import { type Database, type StateRow, StateRows } from '@guildhall/mysql'
import { decodeEntry, encodeEntry, type HotEntry, hotLifeMs, isAlive } from './hot.entry.js'
import { checkKey, checkSpace, checkTtl, checkVersion, jsonOf, nextVersion } from './state.rules.js'

/** The hot half: strings in Redis. HotStore of @guildhall/redis-streams is one. */
export interface HotStrings {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs?: number): Promise<unknown>
  delete(key: string): Promise<unknown>
}

export interface StateManagerOptions {
  /** Whose keys: `tenant:local`, `agent:<id>`. 1 to 200 letters, digits and _ . : @ - */
  space: string
  hot: HotStrings
  /** A schema with `stateTables()`. */
  database: Database
  /** How long Redis keeps its copy of a persisted value before it is read from MySQL again. Default 10 minutes. */
  hotCopyMs?: number | undefined
}

export interface SetOptions {
  /** Write to MySQL too. Default false; what was ever persisted stays so until it is deleted or expires. */
  persist?: boolean | undefined
  /** Gone after this time. Absent: never, whatever the value before had. */
  ttlMs?: number | undefined
  /** Write only when the key is at this version; 0 means only when nothing is persisted under it. Implies `persist`. */
  ifVersion?: number | undefined
}

export interface VersionedValue {
  value: unknown
  /** 0 for a value that is not persisted: only persisted values have versions to compare. */
  version: number
}

const cleanEveryMs = 60_000
const rowsPerCleaning = 200

/**
 * State of one key space: JSON values in Redis, and in MySQL what is to outlive it.
 *
 * The rule that keeps the halves together: a key is either hot (Redis alone) or persisted, and of a persisted key MySQL
 * has the truth and Redis a copy. A set without `persist` of a persisted key therefore goes to MySQL too, so that no
 * older value can come back when Redis is flushed. The copy is removed before a change commits and put back under the
 * row's lock afterwards: a process that dies in between leaves no copy, and the next read makes one.
 *
 * Versions of a key only grow, also across a deletion. Do not call it inside a transaction of the same
 * Database: it uses a connection of its own, and refuses. The caller closes Redis and Database.
 */
export class StateManager {
  readonly #rows: StateRows
  readonly #hot: HotStrings
  readonly #database: Database
  readonly #prefix: string
  readonly #hotCopyMs: number
  #cleanedAtMs = 0

  /** @throws StateError `invalid-space` */
  constructor({ space, hot, database, hotCopyMs = 10 * 60_000 }: StateManagerOptions) {
    checkSpace(space)
    this.#rows = new StateRows(database, space)
    this.#hot = hot
    this.#database = database
    this.#prefix = `${space}/`
    this.#hotCopyMs = hotCopyMs
  }

  /**
   * The value, from Redis or else from MySQL, which refills Redis; undefined when there is none.
   * @throws StateError `invalid-key`
   */
  async get(key: string): Promise<unknown> {
    return (await this.read(key))?.value
  }

  /** The value with its version, for a later `ifVersion`. */
  async read(key: string): Promise<VersionedValue | undefined> {
    this.#check(key)
    const entry = (await this.#readHot(key)) ?? (await this.#refill(key))
    return entry && { value: JSON.parse(entry.value) as unknown, version: entry.version }
  }

  /**
   * Stores a JSON value (1 MiB at most) and returns its version: 0 when it is not persisted.
   * @throws StateError `version-conflict` | `invalid-key` | `invalid-value` | `invalid-ttl`
   */
  async set(key: string, value: unknown, options: SetOptions = {}): Promise<number> {
    this.#check(key)
    checkTtl(options.ttlMs)
    const json = jsonOf(value)
    if (options.persist || options.ifVersion !== undefined) return this.#setPersisted(key, json, options)
    const before = await this.#readHot(key)
    if (before ? before.version > 0 : await this.#hasRow(key)) return this.#setPersisted(key, json, options)
    await this.#writeHot(key, { value: json, version: 0, expiresAtMs: expiryOf(options.ttlMs) })
    // It may have been persisted since the look above, and then this write has covered the copy of a row.
    return (await this.#hasRow(key)) ? this.#setPersisted(key, json, options) : 0
  }

  /** Removes the key from both halves; idempotent. */
  async delete(key: string): Promise<void> {
    this.#check(key)
    await this.#rows.remove(key, () => this.#deleteHot(key))
  }

  async #setPersisted(key: string, json: string, { ttlMs, ifVersion }: SetOptions): Promise<number> {
    const { version } = await this.#rows.write(
      key,
      (row) => {
        const nowMs = Date.now()
        checkVersion(ifVersion, row && isAlive(row, nowMs) ? row.version : 0)
        const next = nextVersion(row?.version ?? 0, nowMs)
        return { value: json, version: next, expiresAtMs: expiryOf(ttlMs) }
      },
      () => this.#deleteHot(key),
    )
    // The value is safe by now: without a copy the next read goes to MySQL.
    await this.#refill(key).catch(() => undefined)
    await this.#clean()
    return version
  }

  /** Copies the row to Redis while its lock keeps every other writer of the key away: an older copy cannot win. */
  async #refill(key: string): Promise<StateRow | undefined> {
    if (!(await this.#hasRow(key))) return undefined
    return this.#rows.withLock(key, async (row) => {
      if (!row || !isAlive(row, Date.now())) return undefined
      await this.#writeHot(key, row)
      return row
    })
  }

  async #hasRow(key: string): Promise<boolean> {
    const row = await this.#rows.find(key)
    return row !== undefined && isAlive(row, Date.now())
  }

  #check(key: string): void {
    checkKey(key)
    this.#database.refuseInTransaction('StateManager')
  }

  async #readHot(key: string): Promise<HotEntry | undefined> {
    return decodeEntry(await this.#hot.get(this.#prefix + key), Date.now())
  }

  async #writeHot(key: string, entry: HotEntry): Promise<void> {
    await this.#hot.set(this.#prefix + key, encodeEntry(entry), hotLifeMs(entry, this.#hotCopyMs, Date.now()))
  }

  async #deleteHot(key: string): Promise<void> {
    await this.#hot.delete(this.#prefix + key)
  }

  async #clean(): Promise<void> {
    const nowMs = Date.now()
    if (nowMs < this.#cleanedAtMs + cleanEveryMs) return
    this.#cleanedAtMs = nowMs
    await this.#rows.removeExpired(nowMs, rowsPerCleaning).catch(() => undefined)
  }
}

function expiryOf(ttlMs: number | undefined): number | undefined {
  return ttlMs === undefined ? undefined : Date.now() + ttlMs
}
