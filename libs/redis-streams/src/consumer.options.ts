import type { HeldEntry } from './held.entry.js'
import type { StreamsConnection } from './redis.link.js'
import type { SlotPool } from './slot.pool.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

export interface StreamConsumerOptions {
  connection: StreamsConnection
  shard: string
  /** Stream keys, all of the shard. */
  streams: readonly string[]
  /** The name of the service that reads; its are the dead letters and the heartbeats of consumers. */
  group: string
  /** Stable name of this process within the group. Two live processes must never share one. */
  consumer: string
  /** Most entries in hand, those waiting for another try not counted; consumers of other shards may share them. */
  slots: SlotPool
  /** Gets entries as they come in. Each is to be settled in the end; retries are parked meanwhile. */
  onEntries: (entries: HeldEntry[]) => void
  /** Default 6,000: entries that nobody renewed for so long are taken over. Renewal happens three times as often. */
  reclaimIdleMs?: number
  /** Default 400, up to a quarter more or less: so soon another consumer has what was handed back. */
  reclaimEveryMs?: number
  /** Default 60,000, up to a quarter more or less. */
  janitorEveryMs?: number
  /** Default 2,000. */
  blockMs?: number
  /** Default 10,000: how long stop() waits for running handlers. */
  drainTimeoutMs?: number
  /** Default 3: entries handed out so often are suspected of killing their consumers and run one at a time. */
  suspectAfter?: number
  /** Absent: silent. */
  logger?: StreamsLogger
  /** Gets how long the event loop stood still, when it was more than a second; for metrics. */
  onStall?: (lagMs: number) => void
}

/** What the options are that a consumer is not given. */
export const consumerDefaults = {
  reclaimIdleMs: 6_000,
  reclaimEveryMs: 400,
  janitorEveryMs: 60_000,
  blockMs: 2_000,
  drainTimeoutMs: 10_000,
  suspectAfter: 3,
  logger: silentLogger,
  onStall: () => {},
}
