import { type EventHeader, TerminalError } from '@guildhall/contracts'
import type { EntityManager } from 'typeorm'
import { affectedRows } from './affected.rows.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Claims a message for this transaction. Waits while another transaction holds the same claim.
 * @returns false when the message was handled before.
 * @throws TerminalError when the id is no UUID: INSERT IGNORE would cut a longer one and so confuse two messages.
 */
export async function claimMessage(manager: EntityManager, header: EventHeader): Promise<boolean> {
  const id = header.id.toLowerCase()
  if (!uuid.test(id)) throw new TerminalError('invalid-message-id', 'The message id is no UUID')
  const result: unknown = await manager.query(
    'INSERT IGNORE INTO inbox (message_id, type, handled_at) VALUES (?, ?, UTC_TIMESTAMP(3))',
    [id, header.type],
  )
  return affectedRows(result) === 1
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
