import { topology, type Topology } from '@guildhall/contracts'
import type { EntryFields } from './held.entry.js'
import type { StreamsConnection } from './redis.link.js'
import type { RelayDecision } from './relay.batch.js'
import type { HeardOn } from './stream.keys.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

/** An entry as the router reads it. */
export interface IncomingEntry {
  shard: string
  heardOn: HeardOn
  entryId: string
  /** What came of it when it was allowed before: the payload that it refers to is missing or another. To be denied. */
  problem?: 'no-payload'
  fields: EntryFields
}

export interface RelayOptions {
  connection: StreamsConnection
  shards: readonly string[]
  /** Whose mouths it hears. Default: Guildhall's own. */
  topology?: Topology
  /** Stable name of this router process; two live ones must never share one. */
  instance: string
  /**
   * One decision per entry, in their order. A throw means that nothing can be decided now: the entries are kept and
   * tried again, one by one; an entry that fails again and again while others pass becomes a dead letter, and so does
   * at once one that throws a TerminalError by itself. May see an entry more than once.
   */
  decide: (entries: IncomingEntry[]) => Promise<RelayDecision[]>
  /** Size of the audit stream at which relaying stops, as MEMORY USAGE says it. Default 256 MiB. */
  auditLimitBytes?: number
  /** Messages waiting for a service at which no more are delivered to it. Default 100,000. */
  destinationLimit?: number
  /** Most entries in one decide(). Default 100. */
  batchSize?: number
  /** Default 5. */
  maxDeliveries?: number
  /** Default 6,000. */
  reclaimIdleMs?: number
  /** Default 10,000. */
  drainTimeoutMs?: number
  /** Absent: silent. */
  logger?: StreamsLogger
}

/** Those of the relay in one shard. */
export type ShardRelayOptions = Omit<RelayOptions, 'shards'> & { shard: string }

/** What the options are that a relay is not given. */
export const relayDefaults = {
  topology,
  auditLimitBytes: 256 * 1024 * 1024,
  destinationLimit: 100_000,
  batchSize: 100,
  maxDeliveries: 5,
  reclaimIdleMs: 6_000,
  drainTimeoutMs: 10_000,
  logger: silentLogger,
}
