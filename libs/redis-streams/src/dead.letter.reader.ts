import { topology as guildhall, type Topology } from '@guildhall/contracts'
import { EntryBytes } from './entry.bytes.js'
import type { HeldEntry } from './held.entry.js'
import { startAll, stopAll } from './shard.parts.js'
import { type IntakeOptions, StreamIntake } from './stream.intake.js'
import { streamKeys } from './stream.keys.js'

/** A dead letter as it lies in Redis. */
export interface DeadLetterEntry {
  shard: string
  /** That could not handle the message. */
  service: string
  entryId: string
  /** Names and values in turn; the last `error` says why. */
  flat: Buffer[]
}

export interface DeadLetterReaderOptions extends IntakeOptions {
  /** Whose dead letters. Default: those of Guildhall's own services. */
  topology?: Topology
  /**
   * Stores the entries; they are deleted from their stream when it resolves. A throw keeps them and tries again for ever.
   * May see an entry again: know it by shard, service and entryId.
   */
  handle: (entries: DeadLetterEntry[]) => Promise<void>
}

const batchSize = 20

/** Reads the dead letters of every service in every shard, byte for byte. */
export class DeadLetterReader {
  readonly #shards: readonly ShardReader[]

  constructor({ shards, ...options }: DeadLetterReaderOptions) {
    this.#shards = shards.map((shard) => new ShardReader(shard, options))
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return startAll(this.#shards)
  }

  /** Finishes the batches under way and hands back the rest. */
  stop(): Promise<void> {
    return stopAll(this.#shards)
  }
}

class ShardReader {
  readonly #services: ReadonlyMap<string, string>
  readonly #intake: StreamIntake<DeadLetterEntry[]>
  readonly #bytes: EntryBytes

  constructor(
    private readonly shard: string,
    { topology = guildhall, handle, ...options }: Omit<DeadLetterReaderOptions, 'shards'>,
  ) {
    const keys = streamKeys(shard)
    const service = 'router'
    this.#services = new Map(topology.services.map((one) => [keys.deadLetter(one), one]))
    this.#bytes = new EntryBytes({ connection: options.connection, shard, service })
    this.#intake = new StreamIntake({
      ...options,
      shard,
      service,
      streams: [...this.#services.keys()],
      batchSize,
      prepare: (batch) => this.#entriesOf(batch),
      store: handle,
    })
  }

  start(): Promise<void> {
    return this.#intake.start()
  }

  async stop(): Promise<void> {
    await this.#intake.stop()
    await this.#bytes.close()
  }

  async #entriesOf(batch: readonly HeldEntry[]): Promise<DeadLetterEntry[]> {
    const entries: DeadLetterEntry[] = []
    for (const { stream, id } of batch) {
      const flat = await this.#bytes.read(stream, id)
      const service = this.#services.get(stream) as string
      // Gone: another router has stored it.
      if (flat) entries.push({ shard: this.shard, service, entryId: id, flat })
    }
    return entries
  }
}
