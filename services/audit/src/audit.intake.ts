import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { inStatements } from '@guildhall/mysql'
import { type AuditEntry, AuditReader } from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { type NewRecord, recordOf, unreadable, unreadableRecord } from './audit.record.js'
import { AuditRepository } from './audit.repository.js'
import { isRefusedValue } from './insert.policy.js'

const mayFailForMs = 10_000

/** Takes the router's records from the audit stream into the table: each once, none left out. */
@Injectable()
export class AuditIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reader: AuditReader
  private readonly shard: string
  private readonly taken
  private readonly lag
  private failingSince: number | undefined

  constructor(
    @Inject(AuditRepository) private readonly records: AuditRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(ServiceIdentity) identity: ServiceIdentity,
    @Inject(StreamsSettings) streams: StreamsSettings,
    @Inject(Metrics) metrics: Metrics,
    @Inject(Health) health: Health,
  ) {
    this.shard = streams.shard
    this.taken = metrics.counter('guildhall_audit_records_total', 'Records taken in, by verdict', ['verdict'])
    this.lag = metrics.gauge(
      'guildhall_audit_lag_seconds',
      'From the router’s verdict to the row, last batch',
    )
    this.reader = new AuditReader({
      connection: streams.connection,
      shard: streams.shard,
      instance: identity.instance,
      logger,
      handle: (entries) => this.take(entries),
    })
    health.check('audit intake', () => {
      if (this.failingSince !== undefined && Date.now() - this.failingSince > mayFailForMs) {
        throw new Error('the records of the audit stream could not be stored for a while')
      }
    })
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.reader.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reader.stop()
  }

  /** Stores entries; idempotent. A throw means that they have to come again. */
  async take(entries: readonly AuditEntry[]): Promise<void> {
    const records = entries.map((entry) => ({ entry, record: recordOf(entry, this.shard) }))
    const oldest = Math.min(...records.map(({ record }) => record.at.getTime()))
    try {
      for (const group of inStatements(records, ({ record }) => bytesOf(record))) await this.store(group)
      this.failingSince = undefined
    } catch (error) {
      this.failingSince ??= Date.now()
      throw error
    } finally {
      this.lag.set(Math.max(0, Date.now() - oldest) / 1000)
    }
    for (const { record } of records) this.taken.inc({ verdict: record.verdict })
  }

  private async store(group: readonly { entry: AuditEntry; record: NewRecord }[]): Promise<void> {
    try {
      await this.records.add(group.map(({ record }) => record))
    } catch (error) {
      if (!isRefusedValue(error)) throw error
      for (const { entry, record } of group) await this.storeAlone(entry, record)
    }
  }

  private async storeAlone(entry: AuditEntry, record: NewRecord): Promise<void> {
    try {
      await this.records.add([record])
    } catch (error) {
      if (!isRefusedValue(error) || record.type === unreadable) throw error
      this.logger.error(
        { err: error, entryId: entry.entryId },
        'an entry fits no record; kept as its raw text',
      )
      await this.records.add([unreadableRecord(entry, this.shard)])
    }
  }
}

function bytesOf(record: NewRecord): number {
  return record.dataBytes + 4 * JSON.stringify(record.header).length + 4_000
}
