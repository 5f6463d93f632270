import { schemaName } from '@guildhall/mysql'
import type { LedgerDatabase } from './ledger.database.js'

/** What became of everything that was said, by the tables alone. */
export interface Counts {
  /** Said messages and their answers: what each should have happened to once. */
  effects: number
  /** Said without an effect, or done without an answer. */
  lost: number
  /** Effects and answers beyond the first of the same message, and those of nothing that was said. */
  doubled: number
  /** Effects that took their key back to an earlier number. */
  reordered: number
  /** Effects that came after a later one of their key and were not applied. */
  refusedAsLate: number
  /** Messages that were handled and are not in the audit. */
  unaudited: number
}

const scheduler = schemaName('task-scheduler')
const executor = schemaName('executor')
const audit = schemaName('audit')
const router = schemaName('router')

const counting = {
  said: `SELECT COUNT(*) AS n FROM ${scheduler}.said`,
  undone: `SELECT COUNT(*) AS n FROM ${scheduler}.said s LEFT JOIN ${executor}.effects e USING (k, n) WHERE e.seq IS NULL`,
  unanswered: `SELECT COUNT(*) AS n FROM ${executor}.effects e LEFT JOIN ${scheduler}.answers a USING (k, n) WHERE a.seq IS NULL`,
  doneAgain: `SELECT COUNT(*) - COUNT(DISTINCT k, n) AS n FROM ${executor}.effects`,
  answeredAgain: `SELECT COUNT(*) - COUNT(DISTINCT k, n) AS n FROM ${scheduler}.answers`,
  invented: `SELECT COUNT(*) AS n FROM ${executor}.effects e LEFT JOIN ${scheduler}.said s USING (k, n) WHERE s.k IS NULL`,
  backwards: `SELECT COUNT(*) AS n FROM (
    SELECT n, LAG(n) OVER (PARTITION BY k ORDER BY seq) AS before_it FROM ${executor}.effects WHERE is_applied
  ) AS applied WHERE n <= before_it`,
  late: `SELECT COUNT(*) AS n FROM ${executor}.effects WHERE NOT is_applied`,
  relayedAgain: `SELECT COUNT(*) - COUNT(DISTINCT message_id) AS n FROM ${audit}.audit_records WHERE verdict = 'allowed'`,
  unsent: `SELECT COUNT(*) AS n FROM (
    SELECT id FROM ${scheduler}.outbox WHERE sent_at IS NULL UNION ALL SELECT id FROM ${executor}.outbox WHERE sent_at IS NULL
  ) AS waiting`,
  remembered: `SELECT (SELECT COUNT(*) FROM ${scheduler}.inbox) + (SELECT COUNT(*) FROM ${executor}.inbox) +
    (SELECT COUNT(*) FROM ${scheduler}.outbox) + (SELECT COUNT(*) FROM ${executor}.outbox) AS n`,
  // The audit has no index by message: a join takes minutes after hundreds of thousands of records.
  unaudited: `SELECT COALESCE(SUM(handled), 0) AS n FROM (
    SELECT SUM(handled) AS handled FROM (
      SELECT message_id, 1 AS handled, 0 AS audited FROM ${executor}.effects
      UNION ALL SELECT message_id, 1, 0 FROM ${scheduler}.answers
      UNION ALL SELECT message_id, 0, 1 FROM ${audit}.audit_records WHERE verdict = 'allowed'
    ) AS seen GROUP BY message_id HAVING SUM(audited) = 0
  ) AS missed`,
}
/** A time as the tables have it: UTC. */
const at = (timeMs: number) => `'${new Date(timeMs).toISOString().slice(0, 23).replace('T', ' ')}'`

type Figure = keyof typeof counting

/** Reads the tables that the two workers write. */
export class Ledger {
  constructor(private readonly database: LedgerDatabase) {}

  async count(): Promise<Counts> {
    const read = (figure: Figure) => this.#read(figure)
    const said = await read('said')
    return {
      effects: 2 * said,
      lost: (await read('undone')) + (await read('unanswered')),
      doubled: (await read('doneAgain')) + (await read('answeredAgain')) + (await read('invented')),
      reordered: await read('backwards'),
      refusedAsLate: await read('late'),
      unaudited: await read('unaudited'),
    }
  }

  /** How many messages were said so far. */
  said(): Promise<number> {
    return this.#read('said')
  }

  /** How many of those said up to now still lack their effect or their answer. */
  async outstanding(): Promise<number> {
    return (await this.#read('undone')) + (await this.#read('unanswered'))
  }

  /** How many messages the two services remember: those they said, and those they handled. */
  remembered(): Promise<number> {
    return this.#read('remembered')
  }

  /** Messages committed but not known to be on a stream. */
  async unsent(): Promise<number> {
    return this.#read('unsent')
  }

  /** From when a message was said to its effect, ascending, in ms; of those said between two times. */
  async delaysMs(sinceMs: number, untilMs = Date.now()): Promise<number[]> {
    const rows = await this.database.query<{ ms: number }>(
      `SELECT TIMESTAMPDIFF(MICROSECOND, s.at, e.at) / 1000 AS ms FROM ${scheduler}.said s JOIN ${executor}.effects e USING (k, n)
       WHERE s.at BETWEEN ${at(sinceMs)} AND ${at(untilMs)} ORDER BY ms`,
    )
    return rows.map(({ ms }) => Number(ms))
  }

  /** How long after a time the last message said before it was answered, in ms; 0 when that was earlier. */
  async answeredAfterMs(timeMs: number): Promise<number> {
    const [row] = await this.database.query<{ ms: number | null }>(
      `SELECT TIMESTAMPDIFF(MICROSECOND, ${at(timeMs)}, MAX(a.at)) / 1000 AS ms
       FROM ${scheduler}.said s JOIN ${scheduler}.answers a USING (k, n) WHERE s.at <= ${at(timeMs)}`,
    )
    return Math.max(0, Number(row?.ms ?? 0))
  }

  /** Messages that the router carried more than once. */
  relayedAgain(): Promise<number> {
    return this.#read('relayedAgain')
  }

  /** The codes of what the router refused, sorted. */
  async denials(): Promise<string[]> {
    const rows = await this.database.query<{ code: string }>(
      `SELECT code FROM ${audit}.audit_records WHERE verdict = 'denied' ORDER BY code`,
    )
    return rows.map(({ code }) => code)
  }

  /** The codes by which messages were given up, sorted: the router takes them out of the streams into its table. */
  async deadLetterCodes(): Promise<string[]> {
    const rows = await this.database.query<{ code: string }>(
      `SELECT code FROM ${router}.dead_letters ORDER BY code`,
    )
    return rows.map(({ code }) => code)
  }

  /** Notes a message as said that a story puts on a stream by itself. @returns its number. */
  async noteSaid(key: number): Promise<number> {
    await this.database.query(
      `UPDATE ${scheduler}.revisions SET revision = LAST_INSERT_ID(revision + 1) WHERE k = ${key}`,
    )
    await this.database.query(
      `INSERT INTO ${scheduler}.said (k, n, at) VALUES (${key}, LAST_INSERT_ID(), UTC_TIMESTAMP(3))`,
    )
    const [row] = await this.database.query<{ n: number }>('SELECT LAST_INSERT_ID() AS n')
    return Number(row?.n)
  }

  /** Empties the tables, for another story with the same processes; when all is quiet only. */
  async clear(): Promise<void> {
    const rows = [
      `${scheduler}.said`,
      `${scheduler}.answers`,
      `${executor}.effects`,
      `${audit}.audit_records`,
      `${audit}.audit_blocks`,
      `${router}.dead_letters`,
    ]
    for (const schema of [scheduler, executor]) rows.push(`${schema}.inbox`, `${schema}.outbox`)
    for (const table of rows) await this.database.query(`DELETE FROM ${table}`)
  }

  async #read(figure: Figure): Promise<number> {
    const [row] = await this.database.query<{ n: number }>(counting[figure])
    return Number(row?.n)
  }
}
