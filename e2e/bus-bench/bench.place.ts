import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ServiceName, serviceNames } from '@guildhall/contracts'
import {
  compileCacheOf,
  nodeOptionsOf,
  type Stack,
  startStack,
  stateDirAt,
  type StateDir,
} from '@guildhall/local-stack'
import { schemaName } from '@guildhall/mysql'
import { type RedisUser, streamKeys } from '@guildhall/redis-streams'
import { Redis } from 'ioredis'
import { type Connection, createConnection } from 'mysql2/promise'
import { RoleProcess } from './role.process.js'
import type { RoleConnection, RoleSettings } from './role.protocol.js'

/** The checkout. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const shard = 'main'
const settledWithinMs = 60_000
const mariadbAdmin = 'guildhall_admin'

/** A private Redis and MariaDB as the product sets them up, the real router on them, and room for the roles. */
export class BenchPlace {
  readonly keys = streamKeys(shard)
  readonly #roles = new Set<RoleProcess>()
  readonly #death = Promise.withResolvers<never>()
  #router: Promise<RoleProcess> | undefined
  #stopped: Promise<void> | undefined

  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly dir: StateDir,
    /** Redis, as the one who may do everything. */
    readonly admin: Redis,
    private readonly mariadb: Connection,
    private readonly profileDir: string | undefined,
  ) {
    this.#death.promise.catch(() => {})
  }

  /** @param options profileDir: where each role leaves a CPU profile when it ends. */
  static async start(options: { profileDir?: string | undefined } = {}): Promise<BenchPlace> {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-bench-'))
    const stateDir = join(folder, 'state')
    const stack = await startStack({
      root,
      stateDir,
      services: [],
      shards: [shard],
      exitSignals: false,
      onProgress: () => undefined,
    }).catch((error: unknown) => {
      rmSync(folder, { recursive: true, force: true })
      throw error
    })
    const dir = stateDirAt(stateDir)
    mkdirSync(join(folder, 'logs'))
    const { host, port } = stack.info.redis
    const admin = new Redis({
      host,
      port,
      username: 'admin',
      password: secretIn(dir, 'admin.redis'),
      enableReadyCheck: false,
    })
    // A rewrite forks in the middle of a measurement and halves what it measures.
    await admin.config('SET', 'auto-aof-rewrite-percentage', '0')
    const mariadb = await createConnection({
      host: stack.info.mariadb.host,
      port: stack.info.mariadb.port,
      user: mariadbAdmin,
      password: secretIn(dir, 'admin.mysql'),
      timezone: 'Z',
    })
    return new BenchPlace(stack, folder, dir, admin, mariadb, options.profileDir)
  }

  redisAs(username: RedisUser): RoleConnection {
    const { host, port } = this.stack.info.redis
    return { host, port, username, password: this.secret(`${username}.redis`) }
  }

  mariadbAs(name: ServiceName): { host: string; port: number; password: string } {
    const { host, port } = this.stack.info.mariadb
    return { host, port, password: this.secret(`${name}.mysql`) }
  }

  /** Where the stack's own client is answered. */
  get replyStream(): string {
    const file = readFileSync(this.dir.clientFile, 'utf8')
    return (JSON.parse(file) as { replyStream: string }).replyStream
  }

  secret(name: string): string {
    return secretIn(this.dir, name)
  }

  /**
   * Starts a role of the benchmark: a file of `roles/`, without its ending. Those of the product run in Node as the
   * services do, with trace contexts; raw streams and peers as Node does by default, without.
   */
  async startRole<S extends RoleSettings>(
    file: string,
    user: RedisUser,
    more?: Omit<S, keyof RoleSettings>,
    service?: ServiceName,
  ): Promise<RoleProcess> {
    const program = {
      name: file,
      file: compiled(`roles/${file}.js`),
      ...(file.startsWith('product.') && {
        imports: [tracing],
        nodeOptions: nodeOptionsOf(service ?? 'executor'),
      }),
      env: service ? this.#serviceEnvironment(service) : {},
      ...this.#output(file),
    }
    return this.#keep(await RoleProcess.start(program, { redis: this.redisAs(user), shard, ...more }))
  }

  /** Starts a service of the product; it works when it is ready, nobody waits for that. */
  async startService(service: ServiceName): Promise<RoleProcess> {
    const program = {
      name: service,
      file: join(root, 'services', service, 'dist', 'main.js'),
      imports: [tracing, compiled('roles/service.preload.js')],
      nodeOptions: nodeOptionsOf(service),
      env: this.#serviceEnvironment(service),
      ...this.#output(service),
    }
    return this.#keep(await RoleProcess.start(program))
  }

  /** The product's router, the same for all scenarios. */
  router(): Promise<RoleProcess> {
    this.#router ??= this.startService('router')
    return this.#router
  }

  async end(...roles: RoleProcess[]): Promise<void> {
    await Promise.all(roles.map((role) => role.stop()))
    for (const role of roles) this.#roles.delete(role)
  }

  /**
   * What `work` resolves with; rejects at once when a process dies that nobody has ended. What is under way then ends
   * with `stop`.
   */
  whileAllLive<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#death.promise])
  }

  /** Rows of a statement that the administrator of MariaDB runs. */
  async rows<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    const [rows] = await this.mariadb.query(sql, parameters)
    return rows as T[]
  }

  /** CPU of Redis so far. */
  async redisCpuMs(): Promise<number> {
    const info = await this.admin.info('cpu')
    const seconds = (name: string) => Number(new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info)?.[1])
    return (seconds('used_cpu_user') + seconds('used_cpu_sys')) * 1_000
  }

  /**
   * Waits until nothing is under way on the product's streams.
   * @throws Error when that does not come, or when there are dead letters.
   */
  async untilSettled(): Promise<void> {
    const { keys } = this
    const work = [keys.gateway, keys.from('task-scheduler'), keys.to('executor'), keys.from('executor')]
    for (const deadline = Date.now() + settledWithinMs; ;) {
      const lengths = await Promise.all(work.map((key) => this.admin.xlen(key)))
      if (lengths.every((length) => length === 0)) return await this.#refuseDeadLetters()
      if (Date.now() > deadline) throw new Error(`entries stay on the streams: ${lengths.join(', ')}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Empties what no role of a scenario reads: the audit and the client's replies; and all that is not the product's. */
  async clean(): Promise<void> {
    await this.trimAudit()
    await this.admin.xtrim(this.keys.reply(this.replyStream), 'MAXLEN', 0)
    for (const pattern of ['bench:*', 'bull:*']) {
      const names = await this.admin.keys(pattern)
      if (names.length > 0) await this.admin.unlink(...names)
    }
  }

  async trimAudit(): Promise<void> {
    await this.admin.xtrim(this.keys.audit, 'MAXLEN', 0)
  }

  /** Ends all processes and removes all files. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    await this.end(...this.#roles)
    this.admin.disconnect()
    this.mariadb.destroy()
    await this.stack.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  // The router moves them from the streams into its table, and takes them off a stream only when they are there.
  async #refuseDeadLetters(): Promise<void> {
    const streams = serviceNames.map((service) => this.keys.deadLetter(service))
    const lengths = await Promise.all(streams.map((key) => this.admin.xlen(key)))
    const moved = await this.rows<{ code: string; message: string }>(
      `SELECT code, message FROM ${schemaName('router')}.dead_letters ORDER BY at LIMIT 1`,
    )
    if (moved[0]) throw new Error(`there are dead letters: ${moved[0].code} (${moved[0].message})`)
    if (lengths.some((length) => length > 0)) throw new Error('there are dead letters')
  }

  #keep(role: RoleProcess): RoleProcess {
    this.#roles.add(role)
    role.died.catch((error: unknown) => this.#death.reject(error))
    return role
  }

  #output(name: string) {
    return { logFile: join(this.folder, 'logs', `${name}.log`), profileDir: this.profileDir }
  }

  #serviceEnvironment(service: ServiceName): Record<string, string> {
    const { redis, mariadb } = this.stack.info
    return {
      NODE_COMPILE_CACHE: compileCacheOf(root),
      OTEL_SERVICE_NAME: service,
      GUILDHALL_INSTANCE: `${service}-1`,
      GUILDHALL_SHARDS: shard,
      GUILDHALL_REDIS_URL: `redis://${redis.host}:${redis.port}`,
      GUILDHALL_REDIS_PASSWORD_FILE: join(this.dir.secrets, `${service}.redis`),
      GUILDHALL_MYSQL_URL: `mysql://${mariadb.host}:${mariadb.port}`,
      GUILDHALL_MYSQL_PASSWORD_FILE: join(this.dir.secrets, `${service}.mysql`),
      ...(service === 'router' ? { GUILDHALL_CLIENTS_FILE: this.dir.clientsFile } : {}),
    }
  }
}

const tracing = join(root, 'libs', 'service-defaults', 'dist', 'tracing.js')

function compiled(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}

function secretIn(dir: StateDir, name: string): string {
  return readFileSync(join(dir.secrets, name), 'utf8').trim()
}
