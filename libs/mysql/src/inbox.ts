import { type EventHeader, TerminalError } from '@guildhall/contracts'
import type { EntityManager } from 'typeorm'
import { affectedRows } from './affected.rows.js'
import { failureOf } from './server.errors.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Claims messages for this transaction. Waits while another transaction holds a claim on one of them.
 * @returns for each message in its place whether it is claimed now; of several with one id only the first is.
 * @throws TerminalError when an id is no UUID.
 */
export async function claimMessages(
  manager: EntityManager,
  headers: readonly EventHeader[],
): Promise<boolean[]> {
  const unclaimed = new Map<string, string>()
  // In the order of their ids, so that two such transactions wait for each other in one direction only.
  for (const { id, type } of headers.toSorted(byId)) unclaimed.set(inboxId(id), type)
  await claimUnknown(manager, unclaimed)
  return headers.map(({ id }) => unclaimed.delete(inboxId(id)))
}

/** Claims what it can and takes out of the map what was handled before. */
async function claimUnknown(manager: EntityManager, messages: Map<string, string>): Promise<void> {
  while (messages.size > 0) {
    try {
      await manager.query(
        `INSERT INTO inbox (message_id, type, handled_at) VALUES ${Array(messages.size).fill('(?, ?, UTC_TIMESTAMP(3))').join(', ')}`,
        [...messages].flat(),
      )
      return
    } catch (error) {
      // Only the statement failed, as a whole. What was in its way is committed, so each round finds at least one.
      if (failureOf(error).code !== 'ER_DUP_ENTRY') throw error
      for (const id of await handledBefore(manager, [...messages.keys()])) messages.delete(id)
    }
  }
}

async function handledBefore(manager: EntityManager, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 1) return ids
  const rows: { message_id: string }[] = await manager.query(
    'SELECT message_id FROM inbox WHERE message_id IN (?)',
    [ids],
  )
  return rows.map(({ message_id }) => message_id)
}

function inboxId(id: string): string {
  const text = id.toLowerCase()
  if (!uuid.test(text)) throw new TerminalError('invalid-message-id', 'The message id is no UUID')
  return text
}

function byId(one: EventHeader, other: EventHeader): number {
  return one.id.toLowerCase() < other.id.toLowerCase() ? -1 : 1
}

/** Forgets up to `limit` messages handled longer ago than `olderThanMs`; returns how many. */
export async function forgetMessages(
  manager: EntityManager,
  olderThanMs: number,
  limit: number,
): Promise<number> {
  const result: unknown = await manager.query(
    `DELETE FROM inbox WHERE handled_at < UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND
     ORDER BY handled_at LIMIT ?`,
    [olderThanMs * 1000, limit],
  )
  return affectedRows(result)
}
