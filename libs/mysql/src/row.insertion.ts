import type { Connection, ResultSetHeader } from 'mysql2'
import { type EntityManager, QueryFailedError } from 'typeorm'
import { translate } from './failure.translation.js'
import { inStatements } from './statement.groups.js'
import { statementSizes } from './statement.sizes.js'

/** What a column takes; nothing is made of it but its own bytes. */
export type ColumnValue = string | number | Date | Buffer | null

/** Rows of one table, and how they are added. */
export interface RowInsertion {
  /** Up to `VALUES`. */
  readonly into: string
  /** The values of one row, with a `?` for each that is handed in: `(?, ?, UTC_TIMESTAMP(3))`. */
  readonly row: string
  /** What follows the rows, as `ON DUPLICATE KEY UPDATE …`. */
  readonly then?: string
  /** Bytes of one statement at most, unless a single row has more. Default 4 MiB. */
  readonly statementBytes?: number
}

/**
 * Adds many rows in their order as part of the manager's transaction, by prepared statements: the server need not read
 * the values out of a text, nor this process write them into one.
 * @returns the AUTO_INCREMENT id of the first row; 0 without rows, or where the table has none.
 * @throws what a query of the manager would throw. Rows of the same call may have been added then.
 */
export async function insertRows(
  manager: EntityManager,
  insertion: RowInsertion,
  rows: readonly (readonly ColumnValue[])[],
): Promise<number> {
  const runner = manager.queryRunner
  if (!runner) throw new Error('Rows are inserted in a transaction: use its own manager')
  const connection = (await runner.connect()) as Connection
  let firstId: number | undefined
  for (const some of inStatements(rows, bytesOf, insertion.statementBytes)) {
    let start = 0
    for (const size of statementSizes(some.length)) {
      const values = some.slice(start, start + size).flat()
      const { insertId } = await execute(connection, textOf(insertion, size), values)
      firstId ??= insertId
      start += size
    }
  }
  return firstId ?? 0
}

function execute(connection: Connection, sql: string, values: ColumnValue[]): Promise<ResultSetHeader> {
  return new Promise((resolve, reject) => {
    connection.execute<ResultSetHeader>(sql, values, (error, result) => {
      if (error) reject(translate(new QueryFailedError('', undefined, error)))
      else resolve(result)
    })
  })
}

const texts = new WeakMap<RowInsertion, Map<number, string>>()

/** The statement that inserts so many rows. */
export function textOf(insertion: RowInsertion, size: number): string {
  let bySize = texts.get(insertion)
  if (!bySize) texts.set(insertion, (bySize = new Map<number, string>()))
  let text = bySize.get(size)
  if (text === undefined) {
    const { into, row, then = '' } = insertion
    text = `${into} VALUES ${Array(size).fill(row).join(', ')} ${then}`
    bySize.set(size, text)
  }
  return text
}

/** At most, roughly: a character takes up to three bytes. */
export function bytesOf(row: readonly ColumnValue[]): number {
  let bytes = 0
  for (const value of row) {
    if (typeof value === 'string') bytes += 3 * value.length + 9
    else bytes += Buffer.isBuffer(value) ? value.length + 9 : 20
  }
  return bytes
}
