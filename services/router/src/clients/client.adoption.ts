import { newId } from '@guildhall/contracts'
import { type Database, IsNull, Not, row } from '@guildhall/mysql'
import { SettingError } from '@guildhall/service-defaults'
import { ClientRecord } from './client.entity.js'
import type { ClientEntry } from './clients.file.js'
import { TokenRecord } from './token.entity.js'

/** The label of a token that came from the clients file: a new one there takes its place. */
export const fileLabel = 'clients file'

/**
 * Brings the clients of the clients file into the tables: tenant, roles and reply stream are from then on as the file
 * says, and its token is the only valid one of those that ever came from it. What was revoked stays so. Idempotent.
 * @throws SettingError when a token or a reply stream is another client's.
 */
export async function adoptClients(database: Database, entries: readonly ClientEntry[]): Promise<void> {
  for (const { id, tenant, roles, tokenSha256: sha256, replyStream = id } of entries) {
    await database.transact(async ({ manager }) => {
      const owner = await manager.findOneBy(TokenRecord, { clientId: Not(id), sha256 })
      if (owner) throw new SettingError(`the client ${id} has the token of ${owner.clientId}: make a new one`)
      const other = await manager.findOneBy(ClientRecord, { id: Not(id), replyStream })
      if (other) throw new SettingError(`the client ${id} has the reply stream of ${other.id}`)
      await manager.query(
        `INSERT INTO clients (id, tenant, roles, reply_stream) VALUES (?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE tenant = VALUES(tenant), roles = VALUES(roles), reply_stream = VALUES(reply_stream)`,
        [id, tenant, JSON.stringify(roles), replyStream],
      )
      const earlier = { clientId: id, label: fileLabel, sha256: Not(sha256), revokedAt: IsNull() }
      await manager.update(TokenRecord, earlier, row<TokenRecord>({ revokedAt: new Date() }))
      await manager.query(
        `INSERT INTO tokens (id, sha256, client_id, label, created_at) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE sha256 = VALUES(sha256)`,
        [newId(), sha256, id, fileLabel, new Date()],
      )
    })
  }
}
