import type { Stamp } from '@guildhall/contracts'
import { RedisLink, type StreamsConnection } from './redis.link.js'
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
  readonly #options: { shard: string; auditLimit: number }
  readonly #link: RedisLink

  /** @param options auditLimit: entries in the audit stream at which nothing is put back. Default 100,000. */
  constructor(options: { connection: StreamsConnection; shard: string; auditLimit?: number }) {
    this.#options = { auditLimit: 100_000, ...options }
    this.#link = new RedisLink(options.connection, 'guildhall:router:redriver')
  }

  /**
   * Puts a message back and records it in the audit, together or not at all.
   * @throws UnavailableError when nobody knows whether that took place; AuditFullError.
   */
  async redrive(service: string, { event, data, stamp, auditStamp }: RedrivenMessage): Promise<void> {
    const { shard, auditLimit } = this.#options
    const keys = streamKeys(shard)
    await this.#link.run((redis) =>
      redis.call(
        'FCALL',
        'gh_redrive',
        2,
        keys.to(service),
        keys.audit,
        auditLimit,
        event,
        data,
        JSON.stringify(stamp),
        JSON.stringify(auditStamp),
      ),
    )
  }

  async close(): Promise<void> {
    await this.#link.close()
  }
}
