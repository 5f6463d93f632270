import { createHash } from 'node:crypto'
import type { ClientIdentity, Rights, Role } from '@guildhall/contracts'

/** A client with one of its tokens, or with none. */
export interface AccessRow {
  id: string
  tenant: string
  roles: Role[]
  rights: Rights
  replyStream: string
  sha256: string | null
  expiresAt: Date | null
}

/** Who speaks, and where it is answered. */
export interface KnownClient {
  identity: ClientIdentity
  replyStream: string
}

/** Who a credential proves, or why it proves nobody. */
export type Authentication = { known: KnownClient } | { known?: undefined; reason: string }

const nobody =
  'the field authorization must be `Bearer <token>` with a token that is known and neither revoked nor expired'

/** The clients and tokens that count, as one reading of the tables gave them. */
export class AccessSnapshot {
  readonly #byToken = new Map<string, { known: KnownClient; expiresAtMs: number }>()
  readonly #byId = new Map<string, KnownClient>()

  /** @param rows of clients and tokens that are not revoked; tokens that have expired may be among them. */
  constructor(rows: readonly AccessRow[]) {
    for (const { id, tenant, roles, rights, replyStream, sha256, expiresAt } of rows) {
      const known = this.#byId.get(id) ?? { identity: { id, tenant, roles, rights }, replyStream }
      this.#byId.set(id, known)
      if (sha256 !== null) {
        this.#byToken.set(sha256, { known, expiresAtMs: expiresAt?.getTime() ?? Infinity })
      }
    }
  }

  /** Who an `authorization` field (`Bearer <token>`) proves. */
  authenticate(authorization: string | undefined, nowMs: number): Authentication {
    const token = /^Bearer (\S{16,512})$/i.exec(authorization ?? '')?.[1]
    // Looking up the hash leaks no timing that says anything about a token.
    const found = token && this.#byToken.get(createHash('sha256').update(token).digest('hex'))
    if (!found) return { reason: nobody }
    if (found.expiresAtMs > nowMs) return found
    const since = new Date(found.expiresAtMs).toISOString()
    return { reason: `the token of ${found.known.identity.id} expired at ${since}: ask for a new one` }
  }

  /** The name of a client's reply stream; undefined when nobody knows the client. */
  replyStreamOf(clientId: string): string | undefined {
    return this.#byId.get(clientId)?.replyStream
  }
}
