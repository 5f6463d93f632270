import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Global, type INestMicroservice, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  type EventHeader,
  messageOf,
  newId,
  type PayloadClass,
  type Role,
  type Stamp,
} from '@guildhall/contracts'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Database } from '@guildhall/mysql'
import {
  loadFunctionLibrary,
  RedisStreamsServer,
  redisUsers,
  renderAclFile,
  StreamPublisher,
  streamKeys,
} from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { Redis } from 'ioredis'
import { vi } from 'vitest'
import { RouterConfig } from './router.config.js'
import { controllers, entities, providers } from './router.module.js'

// Of every user of this Redis.
const password = randomUUID()
const shard = 'test'
const shards = [shard]

export interface Delivered {
  header: EventHeader
  data: string
  stamp?: Stamp
}

export interface TestClient {
  id: string
  roles: Role[]
  token: string
  replyStream?: string
}

/** Routers on a Redis and a MariaDB of the test's own. */
export class RouterFixture {
  readonly keys = streamKeys(shard)

  private constructor(
    readonly redis: Redis,
    readonly mariadb: TestDatabase,
    private readonly clients: readonly TestClient[],
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * @param routers how many processes would be there.
   * @param directoryRefreshMs how often they read the clients without a reason.
   */
  static async start(clients: TestClient[], routers = 1, directoryRefreshMs = 500): Promise<RouterFixture> {
    const dir = await mkdtemp(join(tmpdir(), 'router-'))
    const mariadb = await TestDatabase.start('router')
    const server = await startRedisIn(dir)
    const clientsFile = join(dir, 'clients.json')
    const entries = clients.map(({ token, ...client }) => ({
      ...client,
      tenant: 'acme',
      tokenSha256: sha256(token),
    }))
    await writeFile(clientsFile, JSON.stringify(entries))
    const running: { close(): Promise<void> }[] = []
    for (let n = 1; n <= routers; n += 1)
      running.push(await startRouter(`router-${n}`, server, mariadb, { clientsFile, directoryRefreshMs }))
    const redis = new Redis(connectionTo(server, 'admin'))
    return new RouterFixture(redis, mariadb, clients, async () => {
      redis.disconnect()
      for (const router of running) await router.close()
      await server.stop()
      await mariadb.stop()
      await rm(dir, { recursive: true, force: true })
    })
  }

  /** Puts an entry on a stream, as the client or service that owns it would. */
  async add(key: string, fields: Record<string, string | Buffer>, id = '*'): Promise<string> {
    return this.addFlat(key, Object.entries(fields).flat(), id)
  }

  /** @param flat names and values in turn. */
  async addFlat(key: string, flat: (string | Buffer)[], id = '*'): Promise<string> {
    return (await this.redis.call('XADD', [key, id, ...flat])) as string
  }

  /** The messages on a stream, oldest first. @param from the id of an entry: only what came since. */
  async on(key: string, from = '-'): Promise<Delivered[]> {
    const entries = await this.redis.xrange(key, from, '+')
    return entries.flatMap(([, flat]) => messagesIn(flat))
  }

  /** The message on a stream for which the claim holds, once it has come. @param from as of `on` */
  async arrived(key: string, isIt: (message: Delivered) => boolean, from?: string): Promise<Delivered> {
    return vi.waitFor(
      async () => {
        const message = (await this.on(key, from)).find(isIt)
        if (!message) throw new Error(`not on ${key}`)
        return message
      },
      { timeout: 10_000, interval: 10 },
    )
  }

  /** Says a message in the name of a client; its id. */
  async say(
    clientId: string,
    type: string,
    payload: unknown,
    more: Record<string, string> = {},
  ): Promise<string> {
    const id = newId()
    const data = typeof payload === 'string' ? payload : JSON.stringify(payload)
    const fields = { type, data, id, authorization: `Bearer ${this.client(clientId).token}`, ...more }
    await this.add(this.keys.gateway, fields)
    return id
  }

  /** Asks in the name of a client, and waits for the answer: its type and payload. */
  async ask<P extends object>(
    clientId: string,
    payload: PayloadClass<P>,
    value: P,
  ): Promise<{ type: string; value: Record<string, unknown>; stamp: Stamp | undefined }> {
    const id = await this.say(clientId, messageOf(payload).type, value)
    const { replyStream = clientId } = this.client(clientId)
    const { header, data, stamp } = await this.arrived(
      this.keys.reply(replyStream),
      (message) => message.header.correlationid === id,
    )
    return { type: header.type, value: JSON.parse(data) as Record<string, unknown>, stamp }
  }

  stop(): Promise<void> {
    return this.release()
  }

  private client(id: string): TestClient {
    const client = this.clients.find((one) => one.id === id)
    if (!client) throw new Error(`The test has no client ${id}`)
    return client
  }
}

async function startRouter(
  instance: string,
  server: RunningServer,
  { host, port, password: own }: TestDatabase,
  config: RouterConfig,
): Promise<{ close(): Promise<void> }> {
  const connection = connectionTo(server, 'router')
  const publisher = new StreamPublisher({ connection, shards, service: 'router' })
  const database = await Database.open({ service: 'router', host, port, password: own, entities, publisher })
  const log = () => {}
  const logger = { debug: log, info: log, warn: log, error: log }
  const resources = [
    { provide: Database, useValue: database },
    { provide: RouterConfig, useValue: config },
    { provide: Health, useValue: new Health() },
    { provide: Metrics, useValue: new Metrics('router') },
    { provide: ServiceLogger, useValue: logger },
    { provide: ServiceIdentity, useValue: new ServiceIdentity('router', instance) },
    { provide: StreamsSettings, useValue: new StreamsSettings(connection, shards) },
  ]
  // Decorators as functions: what runs this file may take no others.
  class Resources {}
  Global()(Resources)
  Module({ providers: resources, exports: resources.map(({ provide }) => provide) })(Resources)
  class TestedRouter {}
  Module({ imports: [Resources], controllers, providers })(TestedRouter)
  const app: INestMicroservice = await NestFactory.createMicroservice(TestedRouter, {
    strategy: new RedisStreamsServer({ service: 'router', instance, connection, shards, publisher, logger }),
    logger: false,
    abortOnError: false,
  })
  await app.listen()
  return {
    async close() {
      await app.close()
      await database.close()
      await publisher.close()
    },
  }
}

async function startRedisIn(dir: string): Promise<RunningServer> {
  const aclFile = join(dir, 'users.acl')
  const passwordHashes = Object.fromEntries(redisUsers.map((user) => [user, sha256(password)]))
  await writeFile(aclFile, renderAclFile({ shards, passwordHashes }))
  const login = { username: 'admin', password }
  const server = await startRedis({ dir: join(dir, 'redis'), aclFile, login })
  await loadFunctionLibrary(connectionTo(server, 'admin'))
  return server
}

function connectionTo({ host, port }: RunningServer, username: string) {
  return { host, port, username, password }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** An entry of the audit holds many; a stamp is that of all before it which have none. */
function messagesIn(flat: readonly string[]): Delivered[] {
  const messages: Delivered[] = []
  for (let at = 0; at < flat.length; at += 2) {
    const value = flat[at + 1] as string
    if (flat[at] === 'event') messages.push({ header: JSON.parse(value) as EventHeader, data: '' })
    for (const message of messages)
      if (flat[at] === 'data' && message === messages.at(-1)) message.data = value
      else if (flat[at] === 'stamp') message.stamp ??= JSON.parse(value) as Stamp
  }
  return messages
}
