import type { Envelope, ServiceName } from '@guildhall/contracts'

/** A pino logger fits. */
export interface DatabaseLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** Puts messages on the service's stream; the same ids may come again. */
export interface EnvelopePublisher {
  publish(envelopes: readonly Envelope[]): Promise<void>
}

export interface SweeperSettings {
  /** Default 1000. */
  everyMs: number
  /** How long a message may stay unsent before the sweeper takes it. Default 1000. */
  unsentAfterMs: number
  /** Messages in one publication. Default 100. */
  batchSize: number
  /** How long sent messages are kept, to be said again after a Redis failover. Default 15 minutes. */
  keepSentMs: number
  /** How long handled messages are remembered; must be longer than any redelivery or redrive. Default 7 days. */
  keepHandledMs: number
  /** Between two clean-ups of inbox and outbox. Default 60 s. */
  cleanEveryMs: number
}

export interface DatabaseOptions {
  service: ServiceName
  host: string
  port: number
  /** A function is asked anew for each connection: a password that may change while the process runs. */
  password: string | (() => string)
  /** TypeORM entity classes of the service. */
  entities: Function[] // eslint-disable-line @typescript-eslint/no-unsafe-function-type -- TypeORM's own type
  publisher: EnvelopePublisher
  /** Default: silent. */
  logger?: DatabaseLogger | undefined
  /** Connections at most. Default 10. */
  poolSize?: number | undefined
  /** How long `open` tries to reach server, schema and tables. Default 30 s. */
  openTimeoutMs?: number | undefined
  /** How often a transaction is run again after a deadlock or lock timeout. Default 5. */
  maxRetries?: number | undefined
  sweeper?: Partial<SweeperSettings> | undefined
}

export const sweeperDefaults: SweeperSettings = {
  everyMs: 1_000,
  unsentAfterMs: 1_000,
  batchSize: 100,
  keepSentMs: 15 * 60_000,
  keepHandledMs: 7 * 24 * 3_600_000,
  cleanEveryMs: 60_000,
}

export const silentLogger: DatabaseLogger = { info() {}, warn() {}, error() {} }
