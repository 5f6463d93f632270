import { allRights, newId } from '@guildhall/contracts'
import { type Database, IsNull, Not, row } from '@guildhall/mysql'
import { SettingError } from '@guildhall/service-defaults'
import { writtenRights } from './client.administration.js'
import { ClientRecord } from './client.entity.js'
import type { ClientEntry } from './clients.file.js'
import { TokenRecord } from './token.entity.js'

/** The label of a token that came from the clients file: a new one there takes its place. */
export const fileLabel = 'clients file'

/**
 * Brings the clients of the clients file into the tables: tenant, roles, reply stream and, where it names them,
 * rights are from then on as the file says (a new client without holds all: the file is the operator's own), and its token is the only valid one of those that ever came from it. What was revoked stays so. Idempotent.
 * @throws SettingError when a token or a reply stream is another client's.
 */
export async function adoptClients(database: Database, entries: readonly ClientEntry[]): Promise<void> {
  for (const entry of entries) {
    const { id, tenant, roles, tokenSha256: sha256, replyStream = id } = entry
    const rights = entry.rights ? JSON.stringify(writtenRights(entry.rights)) : null
    await database.transact(async ({ manager }) => {
      const owner = await manager.findOneBy(TokenRecord, { clientId: Not(id), sha256 })
      if (owner) throw new SettingError(`the client ${id} has the token of ${owner.clientId}: make a new one`)
      const other = await manager.findOneBy(ClientRecord, { id: Not(id), replyStream })
      if (other) throw new SettingError(`the client ${id} has the reply stream of ${other.id}`)
      await manager.query(
        `INSERT INTO clients (id, tenant, roles, rights, reply_stream) VALUES (?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE tenant = VALUES(tenant), roles = VALUES(roles), rights = COALESCE(?, rights),
           reply_stream = VALUES(reply_stream)`,
        [id, tenant, JSON.stringify(roles), rights ?? JSON.stringify(allRights), replyStream, rights],
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
