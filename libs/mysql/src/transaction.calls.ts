import type { Connection, ResultSetHeader } from 'mysql2'
import { QueryFailedError, type QueryRunner } from 'typeorm'
import { affectedRows } from './affected.rows.js'
import { translate } from './failure.translation.js'
import { bytesOf, type ColumnValue, insertRows, type RowInsertion, textOf } from './row.insertion.js'

/** Beyond these, rows go by prepared statements of their own: no value is written into a text then. */
const mostRowsTogether = 12
const mostBytesTogether = 64 * 1024

interface Statement {
  sql: string
  values?: readonly ColumnValue[]
}

interface Insertion {
  insertion: RowInsertion
  rows: readonly (readonly ColumnValue[])[]
}

const begin: Statement = { sql: 'START TRANSACTION' }
const commit: Statement = { sql: 'COMMIT' }
const rollback: Statement = { sql: 'ROLLBACK' }

/**
 * What one transaction says to the server, in as few calls as it takes: it begins together with its first statement, and
 * what is put off goes together with the commit. One that has nothing to say is none.
 */
export class TransactionCalls {
  readonly #runner: QueryRunner
  readonly #connect: () => Promise<unknown>
  readonly #putOff: Insertion[] = []
  #isBegun = false

  /** @param runner one that has done nothing yet, and does nothing but this transaction */
  constructor(runner: QueryRunner) {
    this.#runner = runner
    this.#connect = runner.connect.bind(runner)
    // TypeORM asks for the connection before each query of its own.
    runner.connect = () => this.#connectBegun()
    const query = runner.query.bind(runner) as (...rest: unknown[]) => Promise<unknown>
    runner.query = ((...rest: unknown[]) => {
      if (rest[0] === begin.sql) return Promise.resolve()
      if (rest[0] === commit.sql) return this.#commit()
      if (rest[0] === rollback.sql) return this.#isBegun ? this.#send(rollback) : Promise.resolve()
      return query(...rest)
    }) as QueryRunner['query']
  }

  /** @returns how many rows it inserted, deleted or, for an update, matched */
  async change(sql: string, values: readonly ColumnValue[]): Promise<number> {
    const results = await this.#send(...this.#withBegin({ sql, values }))
    return affectedRows(results.at(-1))
  }

  /** Adds the rows right before the commit, in the order of the calls of this. */
  insertLast(insertion: RowInsertion, rows: Insertion['rows']): void {
    if (rows.length > 0) this.#putOff.push({ insertion, rows })
  }

  async #commit(): Promise<void> {
    const putOff = this.#putOff.splice(0)
    if (!this.#isBegun && putOff.length === 0) return
    if (areFew(putOff)) {
      const insertions = putOff.map(({ insertion, rows }) => ({
        sql: textOf(insertion, rows.length),
        values: rows.flat(),
      }))
      await this.#send(...this.#withBegin(...insertions, commit))
      return
    }
    for (const { insertion, rows } of putOff) await insertRows(this.#runner.manager, insertion, rows)
    await this.#send(commit)
  }

  async #connectBegun(): Promise<unknown> {
    // The connection does in order what it is asked for: nothing gets ahead of the beginning.
    if (!this.#isBegun) await this.#send(...this.#withBegin())
    return this.#connect()
  }

  #withBegin(...statements: Statement[]): Statement[] {
    if (this.#isBegun) return statements
    this.#isBegun = true
    return [begin, ...statements]
  }

  async #send(...statements: Statement[]): Promise<ResultSetHeader[]> {
    const sql = statements.map((statement) => statement.sql).join('; ')
    const values = statements.flatMap((statement) => statement.values ?? [])
    try {
      const connection = (await this.#connect()) as Connection
      return await new Promise((resolve, reject) => {
        connection.query<ResultSetHeader | ResultSetHeader[]>(sql, values, (error, results) => {
          if (error) reject(error)
          else resolve([results].flat())
        })
      })
    } catch (error) {
      throw translate(new QueryFailedError('', undefined, error as Error))
    }
  }
}

function areFew(putOff: readonly Insertion[]): boolean {
  const rows = putOff.flatMap((one) => one.rows)
  return (
    rows.length <= mostRowsTogether &&
    rows.reduce((bytes, row) => bytes + bytesOf(row), 0) <= mostBytesTogether
  )
}
