import { RedisLink, type StreamsConnection } from './redis.link.js'

type RawEntries = [id: Buffer, flat: Buffer[]][]

/** Looks at entries of one shard as they lie in Redis: everywhere else a field is decoded text, in which bytes may have been lost. */
export class EntryBytes {
  readonly #link: RedisLink

  constructor(options: { connection: StreamsConnection; shard: string; service: string }) {
    const { connection, shard, service } = options
    this.#link = new RedisLink(connection, `guildhall:${service}:bytes`, { shard })
  }

  /**
   * The names and values of an entry in turn, as they came; undefined when it is gone.
   * @param stream its key.
   * @throws UnavailableError
   */
  async read(stream: string, entryId: string): Promise<Buffer[] | undefined> {
    const entries = await this.#link.run(
      (redis) => redis.callBuffer('XRANGE', stream, entryId, entryId) as Promise<RawEntries>,
    )
    return entries[0]?.[1]
  }

  async close(): Promise<void> {
    await this.#link.close()
  }
}
