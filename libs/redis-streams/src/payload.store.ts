import { createHash, randomUUID } from 'node:crypto'
import {
  type Envelope,
  type EventHeader,
  inlineLimitBytes,
  TerminalError,
  type Topology,
} from '@guildhall/contracts'
import type { StampedMessage } from './message.reading.js'
import type { RedisLink } from './redis.link.js'
import type { StreamKeys } from './stream.keys.js'

const chunkBytes = 256 * 1024
const keptSeconds = 7 * 86_400
const neededFields = ['size', 'sha256', 'chunks'] as const

/**
 * The claim check: a large payload is put down in Redis, and the message carries its id, size and hash. Only its owner
 * can put it down, only the router hands it on, and only the service that hears the message can fetch it.
 */
export class PayloadStore {
  constructor(
    private readonly link: RedisLink,
    private readonly keys: StreamKeys,
    private readonly service: string,
    private readonly topology: Topology,
  ) {}

  /** Whether the payload is to lie apart: it is above the inline limit, and nobody but services hears it. */
  isToLieApart({ header, data }: Envelope): boolean {
    // A character has one to three bytes: most payloads need not be counted.
    if (data.length * 3 <= inlineLimitBytes || Buffer.byteLength(data) <= inlineLimitBytes) return false
    const row = this.topology.find(header.type)
    return row !== undefined && !row.to.includes('client')
  }

  /**
   * Puts the payload down, under a new id each time. It is kept for 7 days.
   * @returns the message that refers to it.
   * @throws UnavailableError, BusyError.
   */
  async put({ header, data }: Envelope): Promise<Envelope> {
    const bytes = Buffer.from(data)
    const id = randomUUID()
    const key = this.keys.blobFrom(this.service, id)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    let chunks = 0
    for (let start = 0; start < bytes.length; start += chunkBytes) {
      await this.#put(key, [`${chunks}`, bytes.subarray(start, start + chunkBytes)])
      chunks += 1
    }
    // Last of all: a payload without these fields is not whole.
    const about = ['size', `${bytes.length}`, 'sha256', sha256, 'owner', this.service, 'chunks', `${chunks}`]
    await this.#put(key, about)
    return { header: { ...header, dataref: id, datasha256: sha256, datasize: bytes.length }, data: '' }
  }

  /** The key under which this service finds the payload of a message; undefined when the message carries it itself. */
  keyOf({ dataref }: EventHeader): string | undefined {
    return dataref === undefined ? undefined : this.keys.blobTo(this.service, dataref)
  }

  /**
   * The message with its payload. It stays in Redis until the message is settled.
   * @throws TerminalError `payload-missing`, `payload-altered`.
   * @throws UnavailableError
   */
  async fetch(message: StampedMessage): Promise<StampedMessage> {
    const { header } = message
    const key = this.keyOf(header)
    if (key === undefined) return message
    const [size, sha256, count] = await this.link.run((redis) => redis.hmget(key, ...neededFields))
    if (typeof size !== 'string' || typeof sha256 !== 'string' || typeof count !== 'string')
      throw new TerminalError('payload-missing', `The payload ${header.dataref} is not there (any more)`)
    if (size !== `${header.datasize}` || sha256 !== header.datasha256) throw altered(header)
    const chunks: Buffer[] = []
    for (let chunk = 0; chunk < Number(count); chunk += 1) {
      const bytes = await this.link.run((redis) => redis.hgetBuffer(key, `${chunk}`))
      if (!bytes) throw new TerminalError('payload-missing', `The payload ${header.dataref} is not whole`)
      chunks.push(bytes)
    }
    const bytes = Buffer.concat(chunks)
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw altered(header)
    return { ...message, data: bytes.toString() }
  }

  async #put(key: string, fields: (string | Buffer)[]): Promise<void> {
    await this.link.run((redis) => redis.call('FCALL', 'gh_put', 1, key, keptSeconds, ...fields))
  }
}

function altered({ dataref }: EventHeader): TerminalError {
  return new TerminalError('payload-altered', `The payload ${dataref} is not the one that was put down`)
}
