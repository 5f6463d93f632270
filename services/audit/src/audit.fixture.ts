import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Database } from '@guildhall/mysql'
import {
  type AuditEntry,
  ClientStreams,
  loadFunctionLibrary,
  Relay,
  type RelayDecision,
  type RedisUser,
  redisUsers,
  renderAclFile,
} from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, StreamsSettings } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { AuditController } from './audit.controller.js'
import { AuditIntake } from './audit.intake.js'
import { AuditRepository } from './audit.repository.js'
import { AuditBlock } from './audit-block.entity.js'
import { AuditRecord } from './audit-record.entity.js'

const service = 'audit'
const shard = 'test'
const password = randomUUID()

/** The audit on a MariaDB and a Redis of the test's own. What is sent passes a relay that takes the header from `data`. */
export class AuditFixture {
  readonly health = new Health()
  readonly metrics = new Metrics(service)
  readonly records: AuditRepository
  readonly intake: AuditIntake
  readonly controller: AuditController

  private constructor(
    private readonly dir: string,
    private readonly mariadb: TestDatabase,
    private readonly redis: RunningServer,
    readonly database: Database,
    private readonly relay: Relay,
    private readonly client: ClientStreams,
  ) {
    const log = () => {}
    const logger = { debug: log, info: log, warn: log, error: log }
    this.records = new AuditRepository(database)
    this.intake = new AuditIntake(
      this.records,
      logger,
      new ServiceIdentity(service, 'audit-1'),
      new StreamsSettings(connectionOf(redis, service), [shard]),
      this.metrics,
      this.health,
    )
    this.controller = new AuditController(this.records)
  }

  static async start(): Promise<AuditFixture> {
    const dir = await mkdtemp(join(tmpdir(), 'audit-'))
    const mariadb = await TestDatabase.start(service)
    const database = await openDatabase(mariadb)
    const redis = await startRedisFor(dir)
    const relay = new Relay({
      connection: connectionOf(redis, 'router'),
      shards: [shard],
      instance: 'router-1',
      decide,
    })
    await relay.start()
    const client = new ClientStreams({
      connection: connectionOf(redis, 'client'),
      shards: [shard],
      client: 'anna',
    })
    return new AuditFixture(dir, mariadb, redis, database, relay, client)
  }

  /** Has the relay record a message with this header and stamp. */
  async send(message: { header: object; stamp?: object; data?: string }): Promise<void> {
    await this.client.send({ type: 'x', data: JSON.stringify(message), authorization: '', id: randomUUID() })
  }

  /** Takes entries in as if they had been read. */
  async take(entries: readonly AuditEntry[]): Promise<void> {
    await this.intake.take(await this.intake.prepare(entries))
  }

  /** Header and payload of records, oldest first, as the blocks hold them. */
  async kept(where: string): Promise<{ header: object; data: string }[]> {
    const rows = await this.mariadb.query(
      `SELECT JSON_EXTRACT(UNCOMPRESS(heads), CONCAT('$[', block_position, '][0]')) AS header,
         JSON_UNQUOTE(JSON_EXTRACT(UNCOMPRESS(payloads), CONCAT('$[', block_position, ']'))) AS data
       FROM audit_records JOIN audit_blocks ON audit_blocks.id = block_id WHERE ${where} ORDER BY seq`,
    )
    return rows.map(({ header, data }) => ({ header: header as object, data: String(data) }))
  }

  async stopDatabase(): Promise<void> {
    await this.mariadb.pause()
  }

  async startDatabase(): Promise<void> {
    await this.mariadb.resume()
  }

  async stop(): Promise<void> {
    await this.intake.beforeApplicationShutdown()
    await this.relay.stop()
    await this.client.close()
    await this.database.close()
    await this.redis.stop()
    await this.mariadb.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}

async function openDatabase({ host, port, password: own }: TestDatabase): Promise<Database> {
  const publisher = { publish: () => Promise.resolve() }
  return Database.open({ service, host, port, password: own, entities: [AuditBlock, AuditRecord], publisher })
}

async function startRedisFor(dir: string): Promise<RunningServer> {
  const aclFile = join(dir, 'users.acl')
  const hash = createHash('sha256').update(password).digest('hex')
  const passwordHashes = Object.fromEntries(redisUsers.map((user) => [user, hash]))
  await writeFile(aclFile, renderAclFile({ shards: [shard], passwordHashes }))
  const login = { username: 'admin', password }
  const redis = await startRedis({ dir: join(dir, 'redis'), aclFile, login })
  await loadFunctionLibrary(connectionOf(redis, 'admin'))
  return redis
}

function connectionOf({ host, port }: RunningServer, username: RedisUser) {
  return { host, port, username, password }
}

function decide(entries: { fields: Record<string, string> }[]): Promise<RelayDecision[]> {
  const decisions = entries.map(({ fields }) => {
    const { header, stamp, data } = JSON.parse(fields['data'] ?? '') as Pick<
      RelayDecision,
      'header' | 'data'
    > & {
      stamp?: object
    }
    const at = new Date().toISOString()
    const fixed = { router: 'router-1', policy: '1', heardOn: 'gateway', deliveredTo: [] }
    return {
      deliverTo: {},
      header,
      data: data ?? '{}',
      stamp: { verdict: 'allowed' as const, at, ...fixed, ...stamp },
    }
  })
  return Promise.resolve(decisions)
}
