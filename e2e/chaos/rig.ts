import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { createEnvelope, type EventHeader } from '@guildhall/contracts'
import { compileCacheOf } from '@guildhall/local-stack'
import { userName } from '@guildhall/mysql'
import { streamKeys } from '@guildhall/redis-streams'
import { until } from '../running.stack.js'
import { readChaosConfig } from './chaos.config.js'
import { Ledger } from './ledger.js'
import { LedgerDatabase, ledgerServices, type LedgerService } from './ledger.database.js'
import { LinkProxy } from './link.proxy.js'
import { RedisProcess, shard } from './redis.process.js'
import type { Load, Numbered, RoleOrders, RoleReport } from './role.orders.js'
import { type RolePlan, RoleProcess, root } from './role.process.js'

export interface RigOptions {
  seed: number
  /** Processes of each kind. Default 2 of each, and one audit. */
  counts?: Partial<Record<LedgerService, number>>
  /** A proxy of its own between each process and Redis. Default: none. */
  hasProxies?: boolean
  /** Default 40. */
  keys?: number
  /** Of the workers; the router and the audit have the product's. */
  settings?: Pick<RoleOrders, 'reclaimIdleMs' | 'handlerTimeoutMs' | 'sweeper'>
}

const keys = streamKeys(shard)
const streams = [
  keys.gateway,
  keys.audit,
  ...ledgerServices.flatMap((service) => [keys.from(service), keys.to(service)]),
]

/**
 * The bus with everything real: Redis, MariaDB, the product's router and audit, and two workers in place of the task
 * scheduler and the executor that say and do numbered messages; each in a process of its own, started again when it dies.
 */
export class Rig {
  readonly keys = keys
  readonly ledger: Ledger
  #load: Load

  private constructor(
    public redis: RedisProcess,
    readonly database: LedgerDatabase,
    readonly roles: RoleProcess[],
    /** By the name of the process; empty when there are none. */
    readonly proxies: ReadonlyMap<string, LinkProxy>,
    readonly folder: string,
    load: Load,
  ) {
    this.ledger = new Ledger(database)
    this.#load = load
  }

  static async start(options: RigOptions): Promise<Rig> {
    const { seed, keys: keyCount = 40 } = options
    const counts = { router: 2, audit: 1, 'task-scheduler': 2, executor: 2, ...options.counts }
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-chaos-'))
    const logs = readChaosConfig().logFolder ?? join(folder, 'logs')
    mkdirSync(logs, { recursive: true })
    const [redis, database] = await Promise.all([
      RedisProcess.start(join(folder, 'redis')),
      LedgerDatabase.start(join(folder, 'mariadb'), keyCount),
    ])
    await redis.keepFunctions()
    const load = { perSecond: 0, keys: keyCount, seed }
    const proxies = new Map<string, LinkProxy>()
    const roles: RoleProcess[] = []
    for (const service of ledgerServices)
      for (let index = 1; index <= counts[service]; index += 1) {
        const instance = `${service}-${index}`
        if (options.hasProxies) proxies.set(instance, await LinkProxy.start(redis.port))
        const port = proxies.get(instance)?.port ?? redis.port
        const own = { ...load, seed: seed + index }
        const place = { service, instance, port, logs }
        roles.push(new RoleProcess(await planRole(place, redis, database, own, options.settings)))
      }
    const rig = new Rig(redis, database, roles, proxies, folder, load)
    try {
      await Promise.all(roles.map((role) => role.start()))
      await untilAllLooked(redis)
    } catch (error) {
      await rig.stop()
      throw error
    }
    return rig
  }

  /** The processes that play a service. */
  of(service: LedgerService): RoleProcess[] {
    return this.roles.filter(({ name }) => name.startsWith(`${service}-`))
  }

  /** What the processes have told so far. */
  reports<K extends RoleReport['report']>(kind: K): (RoleReport & { report: K })[] {
    return this.roles.flatMap(({ reports }) =>
      reports.filter((one) => one.report === kind),
    ) as (RoleReport & {
      report: K
    })[]
  }

  /** @param perSecond messages said by all processes together. */
  setLoad(perSecond: number): void {
    const speakers = this.of('task-scheduler')
    for (const [index, role] of speakers.entries()) {
      const load = { ...this.#load, perSecond: perSecond / speakers.length, seed: this.#load.seed + index }
      if (role.plan.orders) role.plan.orders.load = load
      role.tell({ load })
    }
  }

  /** Says a message of a key as the task scheduler, in the tables and on its stream, whose handler does something else. */
  async say(key: number, does: NonNullable<Numbered['does']>, takesMs: number): Promise<number> {
    const n = await this.ledger.noteSaid(key)
    const payload: Numbered = { key, n, does, takesMs }
    await this.put(keys.from('task-scheduler'), messageOf(payload))
    return n
  }

  /** Puts an entry on a stream, past everything. */
  async put(stream: string, fields: Record<string, string>): Promise<void> {
    await this.redis.admin.xadd(stream, '*', ...Object.entries(fields).flat())
  }

  async untilAllReady(): Promise<void> {
    await Promise.all(this.roles.map((role) => role.untilReady()))
  }

  /** Waits until everything said is done, answered and audited, and nothing is left on the way. */
  async untilQuiet(withinMs = 60_000): Promise<void> {
    const isQuiet = async () =>
      (await this.ledger.outstanding()) === 0 &&
      (await this.ledger.unsent()) === 0 &&
      (await this.leftBehind()).length === 0
    const deadline = Date.now() + withinMs
    while (!(await isQuiet().catch(() => false)) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 200))
  }

  /** What lies on streams that should be empty, and what consumers still hold, in words. */
  async leftBehind(): Promise<string[]> {
    const { admin } = this.redis
    const left: string[] = []
    for (const stream of streams) {
      const length = await admin.xlen(stream)
      if (length > 0) left.push(`${stream} has ${length} entries`)
      const groups = (await admin.xinfo('GROUPS', stream).catch(() => [])) as (string | number)[][]
      for (const group of groups) {
        const pending = Number(group[group.indexOf('pending') + 1])
        if (pending > 0) left.push(`${stream} has ${pending} pending entries`)
      }
    }
    return left
  }

  /** Who is in the groups that read the streams, by name; each once. */
  async consumers(): Promise<Set<string>> {
    const { admin } = this.redis
    const names = new Set<string>()
    for (const stream of streams) {
      const groups = (await admin.xinfo('GROUPS', stream)) as (string | number)[][]
      for (const group of groups) {
        const name = String(group[group.indexOf('name') + 1])
        const rows = (await admin.xinfo('CONSUMERS', stream, name)) as (string | number)[][]
        for (const row of rows) names.add(String(row[row.indexOf('name') + 1]))
      }
    }
    return names
  }

  /** How many connections the processes have, to Redis and to MariaDB. */
  async connections(): Promise<{ redis: number; mariadb: number }> {
    const clients = String(await this.redis.admin.call('CLIENT', 'LIST'))
    const users = ledgerServices.map((service) => `'${userName(service)}'`).join(', ')
    const [row] = await this.database.query<{ n: number }>(
      `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user IN (${users})`,
    )
    return { redis: clients.match(/name=guildhall:/g)?.length ?? 0, mariadb: Number(row?.n) }
  }

  /** Kills Redis and leads every process to another one, which the rig stops from now on. */
  async failOverTo(successor: RedisProcess): Promise<void> {
    await this.redis.kill()
    await this.redis.stop()
    this.redis = successor
    for (const proxy of this.proxies.values()) proxy.leadTo(successor.port)
  }

  async stop(): Promise<void> {
    await Promise.all(this.roles.map((role) => role.stop()))
    for (const proxy of this.proxies.values()) await proxy.stop()
    await this.redis.stop()
    await this.database.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The fields of a numbered message as the task scheduler says it. */
export function messageOf(payload: object, header: Partial<EventHeader> = {}): Record<string, string> {
  const made = createEnvelope('task.run', payload, '/services/task-scheduler', { tenant: 'chaos' })
  return { event: JSON.stringify({ ...made.header, ...header }), data: made.data }
}

/** A service that has not noted yet which Redis it saw would take it for another one. */
async function untilAllLooked({ admin }: RedisProcess): Promise<void> {
  const notes = ledgerServices.map((service) => keys.continuity(service))
  await until(async () => (await admin.exists(...notes)) === notes.length, 'each service has noted the epoch')
}

async function planRole(
  place: { service: LedgerService; instance: string; port: number; logs: string },
  redis: RedisProcess,
  database: LedgerDatabase,
  load: Load,
  settings: RigOptions['settings'],
): Promise<RolePlan> {
  const { service, instance, port, logs } = place
  const connection = redis.as(service, port)
  const mysql = database.access
  const common = { name: instance, logFile: join(logs, `${instance}.log`) }
  // As the stacks of this checkout: code that is compiled already makes a start and, since nothing is kept, an end quicker.
  const path = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: compileCacheOf(root) }
  if (service === 'task-scheduler' || service === 'executor') {
    const main = join(root, 'e2e', 'chaos', service === 'executor' ? 'doing.worker.ts' : 'saying.worker.ts')
    return {
      ...common,
      main,
      env: path,
      orders: { instance, shard, redis: connection, mysql, ...settings, load },
    }
  }
  const httpPort = await freePort()
  return {
    ...common,
    main: join(root, 'services', service, 'dist', 'main.js'),
    httpPort,
    env: {
      ...path,
      GUILDHALL_INSTANCE: instance,
      GUILDHALL_SHARDS: shard,
      GUILDHALL_HTTP_PORT: String(httpPort),
      GUILDHALL_LOG_LEVEL: 'info',
      GUILDHALL_REDIS_URL: `redis://127.0.0.1:${port}`,
      GUILDHALL_REDIS_PASSWORD: connection.password,
      GUILDHALL_MYSQL_URL: `mysql://${mysql.host}:${mysql.port}`,
      GUILDHALL_MYSQL_PASSWORD: mysql.password,
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('No free port')
  return address.port
}
