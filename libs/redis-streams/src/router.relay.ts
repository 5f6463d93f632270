import { type RelayOptions, ShardRelay } from './relay.js'
import { startAll, stopAll } from './shard.parts.js'

/**
 * The router's hands: reads the gateway stream and every service's mouth of each shard, and moves each batch to its
 * destinations and into the audit by one function call inside Redis.
 */
export class Relay {
  readonly #shards: readonly ShardRelay[]

  constructor({ shards, ...options }: RelayOptions) {
    this.#shards = shards.map((shard) => new ShardRelay({ ...options, shard }))
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return startAll(this.#shards)
  }

  /** Finishes the batches under way and hands back what was read beyond them. */
  stop(): Promise<void> {
    return stopAll(this.#shards)
  }
}
