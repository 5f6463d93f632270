import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import {
  keepFunctionLibrary,
  loadFunctionLibrary,
  type RedisUser,
  redisUsers,
  renderAclFile,
} from '@guildhall/redis-streams'
import { Redis } from 'ioredis'

export const shard = 'chaos'

const password = randomUUID()
const login = { username: 'admin', password }

/** A redis-server that can be killed and comes back on the same data, with the product's settings and users. */
export class RedisProcess {
  #server: RunningServer
  readonly #stopping = new AbortController()
  #keeping: Promise<void> | undefined
  /** A connection for the rig's own look inside. */
  readonly admin: Redis

  private constructor(
    private readonly dir: string,
    server: RunningServer,
  ) {
    this.#server = server
    this.admin = new Redis({ ...this.as('admin'), protocol: 2, retryStrategy: () => 50 })
    this.admin.on('error', () => {})
  }

  static async start(dir: string): Promise<RedisProcess> {
    mkdirSync(dir, { recursive: true })
    const hash = createHash('sha256').update(password).digest('hex')
    const passwordHashes = Object.fromEntries(redisUsers.map((user) => [user, hash]))
    writeFileSync(join(dir, 'users.acl'), renderAclFile({ shards: [shard], passwordHashes }))
    return new RedisProcess(dir, await launch(dir))
  }

  get port(): number {
    return this.#server.port
  }

  /** How a user logs in. */
  as(username: RedisUser, port = this.port) {
    return { host: '127.0.0.1', port, username, password }
  }

  /** Loads the functions and looks after them as the supervisor of a stack does. */
  async keepFunctions(): Promise<void> {
    await loadFunctionLibrary(this.as('admin'))
    this.#keeping = keepFunctionLibrary(this.as('admin'), { signal: this.#stopping.signal })
  }

  /** Makes this one follow another, with all that one holds; resolves when it has caught up. */
  async follow(primary: RedisProcess): Promise<void> {
    await this.admin.config('SET', 'masteruser', login.username)
    await this.admin.config('SET', 'masterauth', login.password)
    await this.admin.replicaof('127.0.0.1', primary.port)
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    process.kill(this.#server.pid, 'SIGKILL')
    await this.#server.stop()
  }

  /** After kill(): on the same data and port. */
  async comeBack(): Promise<void> {
    this.#server = await launch(this.dir, this.port)
  }

  async stop(): Promise<void> {
    this.admin.disconnect()
    this.#stopping.abort()
    await this.#keeping
    await this.#server.stop()
  }
}

function launch(dir: string, port?: number): Promise<RunningServer> {
  return startRedis({ dir, aclFile: join(dir, 'users.acl'), login, ...(port !== undefined && { port }) })
}
