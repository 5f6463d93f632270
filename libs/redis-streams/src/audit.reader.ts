import { readRecorded, type RecordedMessage } from './audit.reading.js'
import type { HeldEntry } from './held.entry.js'
import { startAll, stopAll } from './shard.parts.js'
import { type IntakeOptions, StreamIntake } from './stream.intake.js'
import { streamKeys } from './stream.keys.js'

/** A routed or refused message as the relay recorded it. */
export interface AuditEntry extends RecordedMessage {
  shard: string
  /** Unique within the shard: id of the stream's entry and, from its second message on, `.` and the place of the message. */
  entryId: string
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
  /** Entries of the stream in one batch; each holds up to 100 messages. Default 100. */
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
  const read = new WeakMap<HeldEntry, AuditEntry[]>()
  const entriesOf = (held: HeldEntry): AuditEntry[] => {
    let entries = read.get(held)
    if (!entries) read.set(held, (entries = entriesIn(held, shard)))
    return entries
  }
  return new StreamIntake({
    ...others,
    shard,
    service: 'audit',
    streams: [streamKeys(shard).audit],
    batchSize,
    // A record runs no handler that could kill this process: one at a time would only hold up all the others.
    suspectAfter: Number.POSITIVE_INFINITY,
    read: entriesOf,
    prepare: (batch) => prepare(batch.flatMap(entriesOf)),
    store: handle,
  })
}

function entriesIn({ id, flat }: HeldEntry, shard: string): AuditEntry[] {
  return readRecorded(flat).map((message, place) => {
    const entryId = place === 0 ? id : `${id}.${place}`
    return Object.assign(message, { shard, entryId })
  })
}
