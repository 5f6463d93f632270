import { ShardRelay } from './relay.js'
import type { RelayOptions } from './relay.options.js'
import { startAll, stopAll } from './shard.parts.js'

/**
 * The router's hands: reads the gateway stream and every service's mouth of each shard, and moves each batch to its
 * destinations and into the audit by one function call inside Redis.
 */
export class Relay {
  readonly #shards: ReadonlyMap<string, ShardRelay>

  constructor({ shards, ...options }: RelayOptions) {
    this.#shards = new Map(shards.map((shard) => [shard, new ShardRelay({ ...options, shard })]))
  }

  /** Whether a service had no room for messages just now. @param shard where; default in any of the shards. */
  isFull(service: string, shard?: string): boolean {
    for (const [name, relay] of this.#shards)
      if ((shard === undefined || shard === name) && relay.isFull(service)) return true
    return false
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return startAll([...this.#shards.values()])
  }

  /** Finishes the batches under way and hands back what was read beyond them. */
  stop(): Promise<void> {
    return stopAll([...this.#shards.values()])
  }
}
