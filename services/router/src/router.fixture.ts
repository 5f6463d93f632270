import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventHeader, Role, Stamp } from '@guildhall/contracts'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Database } from '@guildhall/mysql'
import { loadFunctionLibrary, redisUsers, renderAclFile, streamKeys } from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, StreamsSettings } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { Redis } from 'ioredis'
import { ClientDirectory } from './client.directory.js'
import { ClientRecord } from './client.entity.js'
import { MessageRouter } from './message.router.js'

// Of every user of this Redis.
const password = randomUUID()
const shard = 'test'

export interface Delivered {
  header: EventHeader
  data: string
  stamp?: Stamp
}

/** The router on a Redis and a MariaDB of the test's own. */
export class RouterFixture {
  readonly keys = streamKeys(shard)

  private constructor(
    readonly redis: Redis,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(clients: { id: string; roles: Role[]; token: string }[]): Promise<RouterFixture> {
    const dir = await mkdtemp(join(tmpdir(), 'router-'))
    const mariadb = await TestDatabase.start('router')
    const server = await startRedisIn(dir)
    const clientsFile = join(dir, 'clients.json')
    const entries = clients.map(({ id, roles, token }) => ({
      id,
      tenant: 'acme',
      roles,
      tokenSha256: sha256(token),
    }))
    await writeFile(clientsFile, JSON.stringify(entries))
    const database = await openDatabase(mariadb)
    const log = () => {}
    const logger = { debug: log, info: log, warn: log, error: log }
    const directory = new ClientDirectory(
      database,
      { clientsFile, directoryRefreshMs: 1_000 },
      new Health(),
      logger,
    )
    await directory.onModuleInit()
    const router = new MessageRouter(
      directory,
      new ServiceIdentity('router', 'router-1'),
      logger,
      new StreamsSettings(connectionTo(server, 'router'), [shard]),
      new Metrics('router'),
    )
    await router.onApplicationBootstrap()
    const redis = new Redis(connectionTo(server, 'admin'))
    return new RouterFixture(redis, async () => {
      redis.disconnect()
      await router.beforeApplicationShutdown()
      directory.onApplicationShutdown()
      await database.close()
      await server.stop()
      await mariadb.stop()
      await rm(dir, { recursive: true, force: true })
    })
  }

  /** Puts an entry on a stream, as the client or service that owns it would. */
  async add(key: string, fields: Record<string, string>, id = '*'): Promise<void> {
    await this.redis.xadd(key, id, ...Object.entries(fields).flat())
  }

  /** The messages on a stream, oldest first. */
  async on(key: string): Promise<Delivered[]> {
    const entries = await this.redis.xrange(key, '-', '+')
    return entries.map(([, flat]) => {
      const fields = Object.fromEntries(
        Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]),
      ) as Record<string, string>
      return {
        header: JSON.parse(fields['event'] ?? '{}') as EventHeader,
        data: fields['data'] ?? '',
        ...(fields['stamp'] !== undefined && { stamp: JSON.parse(fields['stamp']) as Stamp }),
      }
    })
  }

  stop(): Promise<void> {
    return this.release()
  }
}

function openDatabase({ host, port, password: own }: TestDatabase): Promise<Database> {
  const publisher = { publish: () => Promise.resolve() }
  return Database.open({
    service: 'router',
    host,
    port,
    password: own,
    entities: [ClientRecord],
    publisher,
  })
}

async function startRedisIn(dir: string): Promise<RunningServer> {
  const aclFile = join(dir, 'users.acl')
  const passwordHashes = Object.fromEntries(redisUsers.map((user) => [user, sha256(password)]))
  await writeFile(aclFile, renderAclFile({ shards: [shard], passwordHashes }))
  const login = { username: 'admin', password }
  const server = await startRedis({ dir: join(dir, 'redis'), aclFile, login })
  await loadFunctionLibrary(connectionTo(server, 'admin'))
  return server
}

function connectionTo({ host, port }: RunningServer, username: string) {
  return { host, port, username, password }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
