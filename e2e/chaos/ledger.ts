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
  unsent: `SELECT COUNT(*) AS n FROM (
    SELECT id FROM ${scheduler}.outbox WHERE sent_at IS NULL UNION ALL SELECT id FROM ${executor}.outbox WHERE sent_at IS NULL
  ) AS waiting`,
  unaudited: `SELECT COUNT(*) AS n FROM (
    SELECT message_id FROM ${executor}.inbox UNION ALL SELECT message_id FROM ${scheduler}.inbox
  ) AS handled LEFT JOIN ${audit}.audit_records r ON r.message_id = handled.message_id AND r.verdict = 'allowed'
  WHERE r.seq IS NULL`,
}
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

  /** Messages committed but not known to be on a stream. */
  async unsent(): Promise<number> {
    return this.#read('unsent')
  }

  /** From when a message was said to its effect, ascending, in ms. @param sinceMs said after this time. */
  async delaysMs(sinceMs = 0): Promise<number[]> {
    const rows = await this.database.query<{ ms: number }>(
      `SELECT TIMESTAMPDIFF(MICROSECOND, s.at, e.at) / 1000 AS ms FROM ${scheduler}.said s JOIN ${executor}.effects e USING (k, n)
       WHERE s.at >= FROM_UNIXTIME(${sinceMs / 1_000}) ORDER BY ms`,
    )
    return rows.map(({ ms }) => Number(ms))
  }

  async #read(figure: Figure): Promise<number> {
    const [row] = await this.database.query<{ n: number }>(counting[figure])
    return Number(row?.n)
  }
}
