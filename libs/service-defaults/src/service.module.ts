import { type DynamicModule, Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Database } from '@guildhall/mysql'
import {
  ContinuityWatch,
  StreamPublisher,
  StreamRequester,
  type StreamsConnection,
} from '@guildhall/redis-streams'
import { Health } from './health.js'
import { Metrics } from './metrics.js'
import { ServiceLogger } from './service.logger.js'

/** Who this process is. */
export class ServiceIdentity {
  constructor(
    readonly name: string,
    readonly instance: string,
  ) {}
}

/** Where the streams are, for the few who read a stream of their own. */
export class StreamsSettings {
  constructor(
    readonly connection: StreamsConnection,
    readonly shards: readonly string[],
  ) {}
}

export interface ServiceResources {
  identity: ServiceIdentity
  streams: StreamsSettings
  logger: ServiceLogger
  metrics: Metrics
  health: Health
  publisher: StreamPublisher
  /** Connects when it is first asked to request something. */
  requester: StreamRequester
  database: Database
  continuity: ContinuityWatch
}

/** What every service may have injected, and the order in which it goes: after the transport has drained. */
@Global()
@Module({})
export class ServiceModule implements OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(StreamPublisher) private readonly publisher: StreamPublisher,
    @Inject(ContinuityWatch) private readonly continuity: ContinuityWatch,
    @Inject(StreamRequester) private readonly requester: StreamRequester,
  ) {}

  static with(resources: ServiceResources): DynamicModule {
    const providers = [
      { provide: ServiceIdentity, useValue: resources.identity },
      { provide: StreamsSettings, useValue: resources.streams },
      { provide: ServiceLogger, useValue: resources.logger },
      { provide: Metrics, useValue: resources.metrics },
      { provide: Health, useValue: resources.health },
      { provide: StreamPublisher, useValue: resources.publisher },
      { provide: StreamRequester, useValue: resources.requester },
      { provide: Database, useValue: resources.database },
      { provide: ContinuityWatch, useValue: resources.continuity },
    ]
    return { module: ServiceModule, providers, exports: providers.map((provider) => provider.provide) }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.continuity.stop()
    await this.requester.close()
    await this.database.close()
    await this.publisher.close()
  }
}
