import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { DeadLetterReader } from '@guildhall/redis-streams'
import { Health, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { deadLetterRecord } from './dead-letter.record.js'
import { DeadLetterRepository } from './dead-letter.repository.js'

const mayFailForMs = 30_000

/** Moves the dead letters of every service from their streams into the table: each once, none left out. */
@Injectable()
export class DeadLetterIntake implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly reader: DeadLetterReader
  private failingSince: number | undefined

  constructor(
    @Inject(DeadLetterRepository) letters: DeadLetterRepository,
    @Inject(ServiceLogger) logger: ServiceLogger,
    @Inject(ServiceIdentity) identity: ServiceIdentity,
    @Inject(StreamsSettings) streams: StreamsSettings,
    @Inject(Metrics) metrics: Metrics,
    @Inject(Health) health: Health,
  ) {
    const taken = metrics.counter('guildhall_dead_letters_total', 'Dead letters, by service and code', [
      'service',
      'code',
    ])
    this.reader = new DeadLetterReader({
      connection: streams.connection,
      shards: streams.shards,
      instance: identity.instance,
      logger,
      handle: async (entries) => {
        const records = entries.map(deadLetterRecord)
        this.failingSince ??= Date.now()
        await letters.add(records)
        this.failingSince = undefined
        for (const { service, code } of records) taken.inc({ service, code })
      },
    })
    health.check('dead letter intake', () => {
      if (this.failingSince !== undefined && Date.now() - this.failingSince > mayFailForMs) {
        throw new Error('dead letters could not be stored for a while')
      }
    })
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.reader.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.reader.stop()
  }
}
