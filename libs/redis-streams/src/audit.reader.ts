import type { EntryFields, HeldEntry } from './held.entry.js'
import { readStamped, type StampedMessage } from './message.reading.js'
import { startAll, stopAll } from './shard.parts.js'
import { type IntakeOptions, StreamIntake } from './stream.intake.js'
import { streamKeys } from './stream.keys.js'

/** A routed or refused message as the relay recorded it. */
export interface AuditEntry extends StampedMessage {
  shard: string
  /** Unique within the shard. */
  entryId: string
  /** `event`, `data` and `stamp` as they came. */
  fields: Readonly<EntryFields>
}

export interface AuditReaderOptions<T = AuditEntry[]> extends IntakeOptions {
  /** Makes of entries what `handle` gets, while those before them are stored. A throw: see there. Default: the entries. */
  prepare?: (entries: AuditEntry[]) => Promise<T>
  /**
   * Stores the entries; they are deleted from the stream when it resolves. A throw keeps the whole batch and tries it
   * again for ever, since a record must not be lost. May see an entry again: know it by its shard and entryId. Called
   * for one batch of a shard at a time, for several shards at once.
   */
  handle: (prepared: T) => Promise<void>
  /** Default 100. */
  batchSize?: number
}

/** Reads the audit stream of each shard in batches, in order. */
export class AuditReader<T = AuditEntry[]> {
  readonly #intakes: readonly StreamIntake<T>[]

  constructor({ shards, ...options }: AuditReaderOptions<T>) {
    this.#intakes = shards.map((shard) => intakeOf(shard, options))
  }

  /** @throws UnavailableError, UnsuitableRedisError: see StreamConsumer. */
  start(): Promise<void> {
    return startAll(this.#intakes)
  }

  /** Finishes the batches under way and hands back the rest. */
  stop(): Promise<void> {
    return stopAll(this.#intakes)
  }
}

function intakeOf<T>(shard: string, options: Omit<AuditReaderOptions<T>, 'shards'>): StreamIntake<T> {
  const { batchSize = 100, handle, ...others } = options
  const { prepare = (entries: AuditEntry[]) => Promise.resolve(entries as T) } = options
  const read = new WeakMap<HeldEntry, AuditEntry>()
  const entryOf = (held: HeldEntry): AuditEntry => {
    const { id: entryId, fields } = held
    const entry = read.get(held) ?? { ...readStamped(fields), shard, entryId, fields }
    read.set(held, entry)
    return entry
  }
  return new StreamIntake({
    ...others,
    shard,
    service: 'audit',
    streams: [streamKeys(shard).audit],
    batchSize,
    // A record runs no handler that could kill this process: one at a time would only hold up all the others.
    suspectAfter: Number.POSITIVE_INFINITY,
    read: entryOf,
    prepare: (batch) => prepare(batch.map(entryOf)),
    store: handle,
  })
}
