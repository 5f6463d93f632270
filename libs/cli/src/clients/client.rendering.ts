import type { ClientView, TokenView } from '@guildhall/contracts'
import { shortIds } from '../id.display.js'
import { rightsPairs } from '../rights.rendering.js'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { listed, printable, shorten, when } from '../terminal/text.js'

export function renderClients(clients: readonly ClientView[], paint: Paint): string {
  if (clients.length === 0) return 'No clients.'
  return renderTable(
    ['client', 'tenant', 'roles', 'tokens', 'state'],
    clients.map((client) => [
      shorten(client.id, 32),
      shorten(client.tenant, 24),
      listed(client.roles),
      String(client.tokens.filter((token) => isValid(token)).length),
      stateOf(client.revokedAt === undefined ? 'valid' : 'revoked', paint),
    ]),
    paint,
  )
}

export function renderClient(client: ClientView, paint: Paint): string {
  return renderPairs(
    [
      ['client', paint('bold', printable(client.id))],
      ['tenant', printable(client.tenant)],
      ['roles', listed(client.roles)],
      ...(client.rights ? rightsPairs(client.rights) : [['rights', 'as the policy says'] as const]),
      ['tokens', String(client.tokens.filter((token) => isValid(token)).length)],
      ['revoked', client.revokedAt && `${when(client.revokedAt)} UTC`],
    ],
    paint,
  )
}

/** The tokens of clients, each with whose it is. */
export function renderTokens(clients: readonly ClientView[], paint: Paint, now = Date.now()): string {
  const tokens = clients.flatMap((client) => client.tokens.map((token) => ({ client, token })))
  if (tokens.length === 0) return 'No tokens.'
  const short = shortIds(tokens.map(({ token }) => token.id))
  return renderTable(
    ['id', 'client', 'label', 'made (UTC)', 'expires (UTC)', 'state'],
    tokens.map(({ client, token }) => [
      short.get(token.id) ?? token.id,
      shorten(client.id, 24),
      shorten(token.label, 24),
      when(token.createdAt),
      token.expiresAt ? when(token.expiresAt) : 'never',
      stateOf(
        token.revokedAt !== undefined || client.revokedAt !== undefined
          ? 'revoked'
          : isValid(token, now)
            ? 'valid'
            : 'expired',
        paint,
      ),
    ]),
    paint,
  )
}

function isValid({ revokedAt, expiresAt }: TokenView, now = Date.now()): boolean {
  return revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > now)
}

function stateOf(state: 'valid' | 'revoked' | 'expired', paint: Paint): string {
  return paint(state === 'valid' ? 'green' : 'gray', state)
}
