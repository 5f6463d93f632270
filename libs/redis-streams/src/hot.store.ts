import { persistently } from './back-off.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { stateKey } from './stream.keys.js'

const tries = 2
const answerWithinMs = 1_000

/** Strings in Redis in a service's own key space. A cache: what must not be lost is kept elsewhere. */
export class HotStore {
  readonly #link: RedisLink
  readonly #service: string

  constructor(options: { connection: StreamsConnection; service: string }) {
    this.#service = options.service
    this.#link = new RedisLink(options.connection, `guildhall:${options.service}:state`, answerWithinMs)
  }

  /** @throws UnavailableError within some 2 s. */
  async get(key: string): Promise<string | undefined> {
    const value = await this.#twice(() => this.#link.run((redis) => redis.get(this.#key(key))))
    return value ?? undefined
  }

  /**
   * @param ttlMs absent: kept until deleted.
   * @throws UnavailableError within some 2 s; BusyError when Redis is full.
   */
  async set(key: string, value: string, ttlMs?: number): Promise<void> {
    await this.#twice(() =>
      this.#link.run((redis) =>
        ttlMs === undefined
          ? redis.set(this.#key(key), value)
          : redis.set(this.#key(key), value, 'PX', Math.max(1, Math.round(ttlMs))),
      ),
    )
  }

  /** @throws UnavailableError within some 2 s. */
  async delete(key: string): Promise<void> {
    await this.#twice(() => this.#link.run((redis) => redis.del(this.#key(key))))
  }

  async close(): Promise<void> {
    await this.#link.close()
  }

  #key(key: string): string {
    return stateKey(this.#service, key)
  }

  #twice<T>(call: () => Promise<T>): Promise<T> {
    return persistently(call, tries)
  }
}
