import { persistently } from './back-off.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { shardOfText } from './shard.choice.js'
import { streamKeys } from './stream.keys.js'

const tries = 2
const answerWithinMs = 1_000

/** Strings in Redis in a service's own key space. A cache: what must not be lost is kept elsewhere. */
export class HotStore {
  readonly #options: { connection: StreamsConnection; shards: readonly string[]; service: string }
  readonly #links: ReadonlyMap<string, RedisLink>

  constructor(options: { connection: StreamsConnection; shards: readonly string[]; service: string }) {
    this.#options = options
    const { connection, shards, service } = options
    const name = `guildhall:${service}:state`
    this.#links = new Map(
      shards.map((shard) => [shard, new RedisLink(connection, name, { shard, answerWithinMs })]),
    )
  }

  /** @throws UnavailableError within some 2 s. */
  async get(key: string): Promise<string | undefined> {
    const { link, at } = this.#placeOf(key)
    const value = await this.#twice(() => link.run((redis) => redis.get(at)))
    return value ?? undefined
  }

  /**
   * @param ttlMs absent: kept until deleted.
   * @throws UnavailableError within some 2 s; BusyError when Redis is full.
   */
  async set(key: string, value: string, ttlMs?: number): Promise<void> {
    const { link, at } = this.#placeOf(key)
    await this.#twice(() =>
      link.run((redis) =>
        ttlMs === undefined
          ? redis.set(at, value)
          : redis.set(at, value, 'PX', Math.max(1, Math.round(ttlMs))),
      ),
    )
  }

  /** @throws UnavailableError within some 2 s. */
  async delete(key: string): Promise<void> {
    const { link, at } = this.#placeOf(key)
    await this.#twice(() => link.run((redis) => redis.del(at)))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }

  #placeOf(key: string): { link: RedisLink; at: string } {
    const { shards, service } = this.#options
    const shard = shardOfText(key, shards)
    return { link: this.#links.get(shard) as RedisLink, at: streamKeys(shard).state(service, key) }
  }

  #twice<T>(call: () => Promise<T>): Promise<T> {
    return persistently(call, tries)
  }
}
