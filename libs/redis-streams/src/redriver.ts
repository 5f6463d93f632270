import type { Stamp } from '@guildhall/contracts'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { relayDefaults } from './relay.options.js'
import { streamKeys } from './stream.keys.js'

/** A message that died, on its way back. */
export interface RedrivenMessage {
  /** As it lay at the ear of the service before, byte for byte. */
  event: Buffer
  data: Buffer
  /** What the service sees, and what the audit records. */
  stamp: Stamp
  auditStamp: Stamp
}

/** Puts dead letters back at the ears of their services. */
export class Redriver {
  readonly #auditLimitBytes: number
  readonly #links: ReadonlyMap<string, RedisLink>

  /** @param options auditLimitBytes: size of the audit stream at which nothing is put back. Default as of the relay. */
  constructor(options: {
    connection: StreamsConnection
    shards: readonly string[]
    auditLimitBytes?: number
  }) {
    const { connection, shards, auditLimitBytes = relayDefaults.auditLimitBytes } = options
    this.#auditLimitBytes = auditLimitBytes
    this.#links = new Map(
      shards.map((shard) => [shard, new RedisLink(connection, 'guildhall:router:redriver', { shard })]),
    )
  }

  /** Whether it can put something back in this shard. */
  reaches(shard: string): boolean {
    return this.#links.has(shard)
  }

  /**
   * Puts a message back and records it in the audit, together or not at all.
   * @throws UnavailableError when nobody knows whether that took place; AuditFullError; RangeError for another shard.
   */
  async redrive(shard: string, service: string, message: RedrivenMessage): Promise<void> {
    const link = this.#links.get(shard)
    if (!link) throw new RangeError(`There is no shard ${shard}`)
    const { event, data, stamp, auditStamp } = message
    const keys = streamKeys(shard)
    const stamps = [JSON.stringify(stamp), JSON.stringify(auditStamp)]
    await link.run((redis) =>
      redis.call(
        'FCALL',
        'gh_redrive',
        2,
        keys.to(service),
        keys.audit,
        this.#auditLimitBytes,
        event,
        data,
        ...stamps,
      ),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }
}
