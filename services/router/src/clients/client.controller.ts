import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  ClientChange,
  ClientChanged,
  ClientList,
  ClientListed,
  ClientRegister,
  ClientRegistered,
  ClientRevoke,
  ClientRevoked,
  fittingList,
  type ReceivedMessage,
  TokenIssue,
  TokenIssued,
  TokenRevoke,
  TokenRevoked,
} from '@guildhall/contracts'
import { Database, type EntityManager, In, MoreThan } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ClientAdministration } from './client.administration.js'
import { ClientRecord } from './client.entity.js'
import { clientView, tokenView } from './client.views.js'
import { TokenRecord } from './token.entity.js'

const tokensPerView = 20

/** What administrators say about clients and tokens. Each router goes by it within half a second. */
@Controller()
export class ClientController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Handles(ClientList)
  async list(@Payload() request: ClientList): Promise<ClientListed> {
    const { tenant, after, limit = 100 } = request
    const [clients, count] = await this.database.manager.findAndCount(ClientRecord, {
      where: { ...(tenant !== undefined && { tenant }), ...(after !== undefined && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: limit,
    })
    const { kept } = fittingList(await viewsOf(this.database.manager, clients))
    return { clients: kept, omitted: count - kept.length }
  }

  @Handles(ClientRegister)
  async register(@Payload() request: ClientRegister, @Ctx() message: ReceivedMessage): Promise<void> {
    const { clientId, tenant, roles, rights } = request
    await this.database.handleOnce(message, async (tx) => {
      const client = await new ClientAdministration(tx.manager).register(clientId, tenant, roles, rights)
      tx.reply(message, ClientRegistered, { client: clientView(client, []) })
    })
  }

  @Handles(ClientChange)
  async change(@Payload() request: ClientChange, @Ctx() message: ReceivedMessage): Promise<void> {
    const { clientId, roles, rights } = request
    const wish = { ...(roles && { roles }), ...(rights && { rights }) }
    await this.database.handleOnce(message, async (tx) => {
      const changed = await new ClientAdministration(tx.manager).change(clientId, wish)
      const [client] = await viewsOf(tx.manager, [changed])
      if (client) tx.reply(message, ClientChanged, { client })
    })
  }

  @Handles(ClientRevoke)
  async revoke(@Payload() request: ClientRevoke, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const revoked = await new ClientAdministration(tx.manager).revoke(request.clientId)
      const [client] = await viewsOf(tx.manager, [revoked])
      if (client) tx.reply(message, ClientRevoked, { client })
    })
  }

  @Handles(TokenIssue)
  async issueToken(@Payload() request: TokenIssue, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const { token, client } = await new ClientAdministration(tx.manager).issue(request)
      const { id: clientId, tenant, replyStream } = client
      tx.reply(message, TokenIssued, { token: tokenView(token), clientId, tenant, replyStream })
    })
  }

  @Handles(TokenRevoke)
  async revokeToken(@Payload() request: TokenRevoke, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const token = await new ClientAdministration(tx.manager).revokeToken(request.tokenId)
      tx.reply(message, TokenRevoked, { token: tokenView(token), clientId: token.clientId })
    })
  }
}

async function viewsOf(manager: EntityManager, clients: readonly ClientRecord[]) {
  const tokens = await manager.find(TokenRecord, {
    where: { clientId: In(clients.map(({ id }) => id)) },
    order: { createdAt: 'DESC', id: 'DESC' },
  })
  const byClient = Map.groupBy(tokens, ({ clientId }) => clientId)
  return clients.map((client) => clientView(client, (byClient.get(client.id) ?? []).slice(0, tokensPerView)))
}
