import type { ClientView, TokenView } from '@guildhall/contracts'
import type { ClientRecord } from './client.entity.js'
import type { TokenRecord } from './token.entity.js'

/** A client as administrators see it: neither hashes nor the name of its reply stream. */
export function clientView(client: ClientRecord, tokens: readonly TokenRecord[]): ClientView {
  const { id, tenant, roles, rights, revokedAt } = client
  return {
    id,
    tenant,
    roles,
    ...(rights && { rights }),
    ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
    tokens: tokens.map(tokenView),
  }
}

export function tokenView({ id, label, createdAt, expiresAt, revokedAt }: TokenRecord): TokenView {
  return {
    id,
    label,
    createdAt: createdAt.toISOString(),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    ...(revokedAt && { revokedAt: revokedAt.toISOString() }),
  }
}
