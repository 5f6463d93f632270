import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ServiceName } from '@guildhall/contracts'
import { type Stack, startStack, stateDirAt, type StateDir } from '@guildhall/local-stack'
import { type RedisUser, streamKeys } from '@guildhall/redis-streams'
import { Redis } from 'ioredis'
import { RoleProcess } from './role.process.js'
import type { RoleConnection, RoleSettings } from './role.protocol.js'

/** The checkout. */
export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const shard = 'main'
const settledWithinMs = 60_000

/** A private Redis and MariaDB as the product sets them up, the real router on them, and room for the roles. */
export class BenchPlace {
  readonly keys = streamKeys(shard)
  readonly #roles = new Set<RoleProcess>()
  #router: Promise<RoleProcess> | undefined
  #stopped: Promise<void> | undefined

  private constructor(
    private readonly stack: Stack,
    private readonly folder: string,
    private readonly dir: StateDir,
    /** Redis, as the one who may do everything. */
    readonly admin: Redis,
    private readonly profileDir: string | undefined,
  ) {}

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
    return new BenchPlace(stack, folder, dir, admin, options.profileDir)
  }

  redisAs(username: RedisUser): RoleConnection {
    const { host, port } = this.stack.info.redis
    return { host, port, username, password: this.secret(`${username}.redis`) }
  }

  mariadbAs(name: ServiceName | 'admin'): { host: string; port: number; password: string } {
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
   * Starts a role of the benchmark: a file of `roles/`, without its ending. Those of the product have trace contexts as
   * the services have; raw streams and peers do without.
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
      imports: file.startsWith('product.') ? [tracing] : [],
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
    const dead = [keys.deadLetter('router'), keys.deadLetter('executor')]
    for (const deadline = Date.now() + settledWithinMs; ;) {
      const lengths = await Promise.all([...work, ...dead].map((key) => this.admin.xlen(key)))
      const waiting = lengths.slice(0, work.length).some((length) => length > 0)
      if (lengths.slice(work.length).some((length) => length > 0)) throw new Error('there are dead letters')
      if (!waiting) return
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
    await this.stack.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #keep(role: RoleProcess): RoleProcess {
    this.#roles.add(role)
    return role
  }

  #output(name: string) {
    return { logFile: join(this.folder, 'logs', `${name}.log`), profileDir: this.profileDir }
  }

  #serviceEnvironment(service: ServiceName): Record<string, string> {
    const { redis, mariadb } = this.stack.info
    return {
      NODE_COMPILE_CACHE: join(this.dir.cache, 'node'),
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
