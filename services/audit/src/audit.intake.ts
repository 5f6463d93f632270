import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { type AuditEntry, AuditReader } from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { inBlocks, packBlock, type PackedBlock } from './audit.block.js'
import { type NewRecord, recordOf } from './audit.record.js'
import { AuditRepository } from './audit.repository.js'

const mayFailForMs = 10_000
/** Entries of the stream, each with up to 100 messages: under load so many are taken in at once; a lone one waits for no others. */
const batchSize = 32

/** Takes the router's records from the audit stream into the table: each once, none left out. */
@Injectable()
export class AuditIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reader: AuditReader<PreparedBlock[]>
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
      prepare: (entries) => this.prepare(entries),
      handle: (blocks) => this.take(blocks),
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

  /** Makes records of entries, and the blocks that hold them. */
  async prepare(entries: readonly AuditEntry[]): Promise<PreparedBlock[]> {
    return Promise.all(
      inBlocks(entries).map(async (some) => ({
        records: some.map(recordOf),
        block: await packBlock(some),
      })),
    )
  }

  /** Stores entries; idempotent. A throw means that they have to come again. */
  async take(blocks: readonly PreparedBlock[]): Promise<void> {
    const records = blocks.flatMap((block) => block.records)
    const oldest = Math.min(...records.map(({ at }) => at.getTime()))
    try {
      for (const { block, records: those } of blocks) await this.records.add(block, those)
      this.failingSince = undefined
    } catch (error) {
      this.failingSince ??= Date.now()
      throw error
    } finally {
      this.lag.set(Math.max(0, Date.now() - oldest) / 1000)
    }
    for (const { verdict } of records) this.taken.inc({ verdict })
  }
}

/** A block, and the record of each entry in it. */
interface PreparedBlock {
  records: readonly NewRecord[]
  block: PackedBlock
}
