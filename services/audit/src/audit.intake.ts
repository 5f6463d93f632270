import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { type AuditEntry, AuditReader } from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { type NewRecord, recordOf, unreadable, unreadableRecord } from './audit.record.js'
import { AuditRepository } from './audit.repository.js'
import { isRefusedValue } from './insert.policy.js'

const mayFailForMs = 10_000
/** Under load one commit takes in so many; a lone entry waits for no others. */
const batchSize = 250

/** Takes the router's records from the audit stream into the table: each once, none left out. */
@Injectable()
export class AuditIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reader: AuditReader
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
    this.taken = metrics.counter('guildhall_audit_records_total', 'Records taken in, by verdict', ['verdict'])
    this.lag = metrics.gauge(
      'guildhall_audit_lag_seconds',
      'From the router’s verdict to the row, last batch',
    )
    this.reader = new AuditReader({
      connection: streams.connection,
      shards: streams.shards,
      instance: identity.instance,
      logger,
      batchSize,
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
    const records = entries.map((entry) => ({ entry, record: recordOf(entry) }))
    const oldest = Math.min(...records.map(({ record }) => record.at.getTime()))
    try {
      await this.store(records)
      this.failingSince = undefined
    } catch (error) {
      this.failingSince ??= Date.now()
      throw error
    } finally {
      this.lag.set(Math.max(0, Date.now() - oldest) / 1000)
    }
    for (const { record } of records) this.taken.inc({ verdict: record.verdict })
  }

  private async store(records: readonly TakenRecord[]): Promise<void> {
    try {
      await this.records.add(records.map(({ record }) => record))
    } catch (error) {
      if (!isRefusedValue(error)) throw error
      const [first] = records
      if (first && records.length === 1) return this.storeRaw(first, error)
      // Whose value it was is found by halves, so that such a record holds up the others for a moment only.
      const half = Math.ceil(records.length / 2)
      await this.store(records.slice(0, half))
      await this.store(records.slice(half))
    }
  }

  private async storeRaw({ entry, record }: TakenRecord, error: unknown): Promise<void> {
    if (record.type === unreadable) throw error
    this.logger.error({ err: error, entryId: entry.entryId }, 'an entry fits no record; kept as its raw text')
    await this.records.add([unreadableRecord(entry)])
  }
}

interface TakenRecord {
  entry: AuditEntry
  record: NewRecord
}
