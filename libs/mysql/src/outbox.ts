import type { Envelope, EventHeader } from '@guildhall/contracts'
import type { EntityManager } from 'typeorm'
import { affectedRows } from './affected.rows.js'
import type { ColumnValue, RowInsertion } from './row.insertion.js'

export const outboxInsertion: RowInsertion = {
  into: 'INSERT INTO outbox (id, header, data, created_at)',
  row: '(?, ?, ?, UTC_TIMESTAMP(3))',
}

export function outboxRow({ header, data }: Envelope): ColumnValue[] {
  return [header.id, JSON.stringify(header), data]
}

/** The oldest unsent messages that have waited longer than `olderThanMs`, found by state: late commits are not skipped. */
export async function unsentMessages(
  manager: EntityManager,
  olderThanMs: number,
  limit: number,
): Promise<Envelope[]> {
  const rows: { header: string; data: string }[] = await manager.query(
    `SELECT header, data FROM outbox
     WHERE sent_at IS NULL AND created_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
     ORDER BY created_at, id LIMIT ?`,
    [olderThanMs * 1000, limit],
  )
  return rows.map(({ header, data }) => ({ header: JSON.parse(header) as EventHeader, data }))
}

/** Notes that the messages are on the stream. Ids are locked in order, so that two such updates cannot deadlock. */
export async function markSent(manager: EntityManager, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await manager.query('UPDATE outbox SET sent_at = UTC_TIMESTAMP(3) WHERE id IN (?)', [ids.toSorted()])
}

/** Deletes up to `limit` messages sent longer ago than `olderThanMs`; returns how many. */
export async function deleteSent(
  manager: EntityManager,
  olderThanMs: number,
  limit: number,
): Promise<number> {
  const result: unknown = await manager.query(
    `DELETE FROM outbox WHERE sent_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
     ORDER BY sent_at LIMIT ?`,
    [olderThanMs * 1000, limit],
  )
  return affectedRows(result)
}

/**
 * Has the sweeper send again up to `limit` messages that were sent from `since` on and before `before`, the earliest
 * first; returns how many. Whatever was made from then on was sent from then on.
 */
export async function unmarkSent(
  manager: EntityManager,
  since: Date,
  before: Date,
  limit: number,
): Promise<number> {
  const result: unknown = await manager.query(
    'UPDATE outbox SET sent_at = NULL WHERE sent_at >= ? AND sent_at < ? ORDER BY sent_at LIMIT ?',
    [since, before, limit],
  )
  return affectedRows(result)
}

export async function serverTime(manager: EntityManager): Promise<Date> {
  const [row]: { now: Date }[] = await manager.query('SELECT UTC_TIMESTAMP(3) AS now')
  if (!row) throw new Error('the server does not tell the time')
  return row.now
}
