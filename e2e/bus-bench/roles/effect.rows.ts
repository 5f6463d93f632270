import { filler } from '../payloads.js'
import type { RoleSettings } from '../role.protocol.js'

export interface EffectsSettings extends RoleSettings {
  mariadb: { host: string; port: number; password: string }
}

/** Messages that one transaction handles. */
export const batchSize = 20
const stateKeys = 50 * batchSize

/** Each message changes a row of the state; batches that are handled at the same time change different ones. */
export const stateUpsert = (rows: number) =>
  `INSERT INTO state_entries (space, entry_key, value, version, updated_at)
   VALUES ${Array(rows).fill('(?, ?, ?, 1, UTC_TIMESTAMP(3))').join(', ')}
   ON DUPLICATE KEY UPDATE value = VALUES(value), version = version + 1, updated_at = VALUES(updated_at)`

const value = JSON.stringify({ note: filler.slice(0, 200) })

/** @param index of the batch; `messages` in it. */
export function stateRows(space: string, index: number, messages: number): string[] {
  const from = (index * batchSize) % stateKeys
  return Array.from({ length: messages }, (_, n) => [space, `key-${from + n}`, value]).flat()
}
