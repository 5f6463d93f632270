import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Database } from '@guildhall/mysql'
import { HotStore } from '@guildhall/redis-streams'
import { TestDatabase } from '@guildhall/testing'
import { Redis } from 'ioredis'
import { type HotStrings, StateManager } from './state.manager.js'

/** State managers over a Redis and a MariaDB of the test's own. */
export class StateFixture {
  /** The half in Redis as managers see it; a test may replace its functions until the next reset. */
  hot!: HotStrings

  private constructor(
    readonly server: TestDatabase,
    readonly database: Database,
    private readonly redis: RunningServer,
    private readonly dir: string,
    private readonly client: Redis,
    private readonly store: HotStore,
  ) {}

  static async start(): Promise<StateFixture> {
    const service = 'executor'
    const dir = await mkdtemp(join(tmpdir(), 'state-redis-'))
    const [server, redis] = await Promise.all([TestDatabase.start(service), startRedis({ dir })])
    const { host, port } = redis
    const client = new Redis({ host, port })
    await client.acl('SETUSER', service, 'on', '>secret', '~*', '+@all')
    const connection = { host, port, username: service, password: 'secret' }
    const store = new HotStore({ connection, shards: ['main'], service })
    const database = await Database.open({
      service,
      host: server.host,
      port: server.port,
      password: server.password,
      entities: [],
      publisher: { publish: () => Promise.resolve() },
    })
    return new StateFixture(server, database, redis, dir, client, store)
  }

  async stop(): Promise<void> {
    await this.database.close()
    await this.store.close()
    this.client.disconnect()
    await Promise.all([this.server.stop(), this.redis.stop()])
    await rm(this.dir, { recursive: true, force: true })
  }

  /** Empties both halves. */
  async reset(): Promise<void> {
    await Promise.all([this.flush(), this.server.query('DELETE FROM state_entries')])
    this.hot = {
      get: (key) => this.store.get(key),
      set: (key, value, ttlMs) => this.store.set(key, value, ttlMs),
      delete: (key) => this.store.delete(key),
    }
  }

  open(space = 'tenant:local', more: { hotCopyMs?: number; hot?: HotStrings } = {}): StateManager {
    return new StateManager({ space, hot: this.hot, database: this.database, ...more })
  }

  flush(): Promise<string> {
    return this.client.flushall()
  }

  hotKeys(): Promise<number> {
    return this.client.dbsize()
  }

  rows(): Promise<Record<string, unknown>[]> {
    return this.server.query('SELECT * FROM state_entries')
  }
}
