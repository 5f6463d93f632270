import { randomBytes } from 'node:crypto'
import {
  allRights,
  grantedRights,
  narrowRights,
  newId,
  RequestError,
  type Rights,
  type RightsDraft,
  type Role,
  type TokenIssue,
} from '@guildhall/contracts'
import { type EntityManager, In, IsNull, row } from '@guildhall/mysql'
import { ClientRecord } from './client.entity.js'
import { TokenRecord } from './token.entity.js'

/** Enough to replace one while another is in use, few enough to keep an eye on. */
export const validTokensPerClient = 10

/**
 * Changes to clients and tokens, each inside a transaction of the caller's. Nothing here leaves the installation
 * without an administrator who has a valid token.
 */
export class ClientAdministration {
  /** @param manager of the transaction. */
  constructor(
    private readonly manager: EntityManager,
    private readonly now = new Date(),
  ) {}

  /** @throws RequestError `client-exists`, for an id that a revoked client had too; `invalid-rights`. */
  async register(id: string, tenant: string, roles: Role[], rights?: RightsDraft): Promise<ClientRecord> {
    if (await this.manager.findOneBy(ClientRecord, { id })) {
      throw new RequestError('client-exists', `There is, or was, a client ${id}: take another id.`)
    }
    const replyStream = `${id}-${randomBytes(16).toString('hex')}`
    const client = {
      id,
      tenant,
      roles,
      rights: rights ? writtenRights(rights) : null,
      replyStream,
      revokedAt: null,
    }
    await this.manager.insert(ClientRecord, row<ClientRecord>(client))
    return client
  }

  /** @throws RequestError `client-not-found`, `client-revoked`, `last-administrator`, `invalid-rights`. */
  async change(id: string, wish: { roles?: Role[]; rights?: RightsDraft }): Promise<ClientRecord> {
    const client = await this.#valid(id)
    const changes = {
      ...(wish.roles && { roles: wish.roles }),
      ...(wish.rights && { rights: writtenRights(wish.rights) }),
    }
    if (Object.keys(changes).length === 0) return client
    await this.manager.update(ClientRecord, { id }, row<ClientRecord>(changes))
    if (client.roles.includes('administrator')) await this.#refuseLastAdministrator()
    return { ...client, ...changes }
  }

  /** Idempotent. @throws RequestError `client-not-found`, `last-administrator`. */
  async revoke(id: string): Promise<ClientRecord> {
    const client = await this.#existing(id)
    if (client.revokedAt) return client
    await this.manager.update(ClientRecord, { id }, row<ClientRecord>({ revokedAt: this.now }))
    if (client.roles.includes('administrator')) await this.#refuseLastAdministrator()
    return { ...client, revokedAt: this.now }
  }

  /** @throws RequestError `client-not-found`, `client-revoked`, `too-many-tokens`, `token-exists`. */
  async issue(request: TokenIssue): Promise<{ token: TokenRecord; client: ClientRecord }> {
    const { clientId, sha256, label, expiresAt } = request
    const client = await this.#valid(clientId)
    const tokens = await this.manager.findBy(TokenRecord, { clientId, revokedAt: IsNull() })
    if (tokens.filter((token) => this.#isValid(token)).length >= validTokensPerClient) {
      const message = `${clientId} has ${validTokensPerClient} valid tokens already: revoke one first.`
      throw new RequestError('too-many-tokens', message)
    }
    if (await this.manager.findOneBy(TokenRecord, { sha256 })) {
      throw new RequestError('token-exists', 'There is, or was, a token of this hash: make a new one.')
    }
    const token = {
      id: newId(),
      sha256,
      clientId,
      label,
      createdAt: this.now,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      revokedAt: null,
    }
    await this.manager.insert(TokenRecord, row<TokenRecord>(token))
    return { token, client }
  }

  /** Idempotent. @throws RequestError `token-not-found`, `last-administrator`. */
  async revokeToken(id: string): Promise<TokenRecord> {
    const token = await this.manager.findOneBy(TokenRecord, { id })
    if (!token) throw new RequestError('token-not-found', `There is no token ${id}.`)
    await this.#lockClients()
    if (token.revokedAt) return token
    await this.manager.update(TokenRecord, { id }, row<TokenRecord>({ revokedAt: this.now }))
    const owner = await this.manager.findOneBy(ClientRecord, { id: token.clientId, revokedAt: IsNull() })
    if (owner?.roles.includes('administrator')) await this.#refuseLastAdministrator()
    return { ...token, revokedAt: this.now }
  }

  async #valid(id: string): Promise<ClientRecord> {
    const client = await this.#existing(id)
    if (client.revokedAt) throw new RequestError('client-revoked', `The client ${id} is revoked for good.`)
    return client
  }

  async #existing(id: string): Promise<ClientRecord> {
    const client = (await this.#lockClients()).find((one) => one.id === id)
    if (!client) throw new RequestError('client-not-found', `There is no client ${id}.`)
    return client
  }

  // Two who take each other's rights away at the same time must not both succeed: one waits for the other.
  #lockClients(): Promise<ClientRecord[]> {
    return this.manager.find(ClientRecord, { order: { id: 'ASC' }, lock: { mode: 'pessimistic_write' } })
  }

  async #refuseLastAdministrator(): Promise<void> {
    const clients = await this.manager.findBy(ClientRecord, { revokedAt: IsNull() })
    const administrators = clients.filter(({ roles }) => roles.includes('administrator')).map(({ id }) => id)
    const tokens = await this.manager.findBy(TokenRecord, {
      clientId: In(administrators),
      revokedAt: IsNull(),
    })
    if (tokens.some((token) => this.#isValid(token))) return
    const message = 'No administrator with a valid token would be left: make another administrator first.'
    throw new RequestError('last-administrator', message)
  }

  #isValid({ expiresAt }: TokenRecord): boolean {
    return expiresAt === null || expiresAt > this.now
  }
}

/** Rights in their one way of writing. @throws RequestError `invalid-rights` naming what cannot be read. */
export function writtenRights(draft: RightsDraft): Rights {
  const { granted, removed } = narrowRights(allRights, grantedRights(draft))
  if (removed.length === 0) return granted
  const message = `These are no rights: ${removed.join(', ')}. Paths are absolute, hosts are written host:port.`
  throw new RequestError('invalid-rights', message)
}
