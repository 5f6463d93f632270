import type { Connection } from 'mysql2'
import { type EntityManager, QueryFailedError } from 'typeorm'
import { translate } from './failure.translation.js'
import { inStatements } from './statement.groups.js'
import { statementSizes } from './statement.sizes.js'

/** What a column takes; nothing is made of it but its own bytes. */
export type ColumnValue = string | number | Date | null

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
 * @throws what a query of the manager would throw. Rows of the same call may have been added then.
 */
export async function insertRows(
  manager: EntityManager,
  insertion: RowInsertion,
  rows: readonly (readonly ColumnValue[])[],
): Promise<void> {
  const runner = manager.queryRunner
  if (!runner) throw new Error('Rows are inserted in a transaction: use its own manager')
  const connection = (await runner.connect()) as Connection
  for (const some of inStatements(rows, bytesOf, insertion.statementBytes)) {
    let start = 0
    for (const size of statementSizes(some.length)) {
      await execute(connection, textOf(insertion, size), some.slice(start, start + size).flat())
      start += size
    }
  }
}

function execute(connection: Connection, sql: string, values: ColumnValue[]): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.execute(sql, values, (error) => {
      if (error) reject(translate(new QueryFailedError('', undefined, error)))
      else resolve()
    })
  })
}

const texts = new WeakMap<RowInsertion, Map<number, string>>()

function textOf(insertion: RowInsertion, size: number): string {
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

// At most, roughly: a character takes up to three bytes.
function bytesOf(row: readonly ColumnValue[]): number {
  return row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? 3 * value.length + 9 : 20), 0)
}
