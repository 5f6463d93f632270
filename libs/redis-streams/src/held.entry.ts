/** A stream entry that this consumer holds: read or claimed, and not yet settled. */
export class HeldEntry {
  #fields: EntryFields | undefined
  #lost: AbortController | undefined
  #lossReason: Error | undefined
  /** What runs for it now, to be told when it is lost. */
  running: { abort(reason: Error): void } | undefined
  /** It may have been taken over unseen while this process stood still: to be confirmed before it is begun. */
  isDoubtful = false
  /** A handler works on it: nobody else may get it meanwhile. */
  isRunning = false
  /** It waits for another try and takes no slot until then. */
  isParked = false
  /** Its handler has come to an end, and it takes no slot any more. */
  hasEnded = false
  /** A settling call is on its way; what it answers decides whether the entry was lost. */
  isSettling = false
  /** The number of the last try that began; 0 before the first one. */
  attempt = 0
  /** Key of the payload that was put down for it; deleted when the entry is settled as handled. */
  payloadKey: string | undefined
  /** How many tries in a row, up to the last one, failed for an outage. */
  outages = 0
  constructor(
    readonly stream: string,
    readonly id: string,
    /** Names and values of its fields in turn. */
    readonly flat: readonly string[],
    /** How often Redis handed it out, this time included. It counts trouble of consumers, not of the message. */
    readonly deliveries: number,
    /** Those who held it before died or stalled so often that it may be the reason. */
    readonly isSuspect: boolean,
  ) {}

  get fields(): EntryFields {
    return (this.#fields ??= fieldsOf(this.flat))
  }

  /** Aborted when the entry was lost to another consumer, or the time to drain is over. */
  get signal(): AbortSignal {
    // Few ever look at it, and a controller is costly for each entry.
    this.#lost ??= new AbortController()
    if (this.#lossReason) this.#lost.abort(this.#lossReason)
    return this.#lost.signal
  }

  get isLost(): boolean {
    return this.#lossReason !== undefined
  }

  abandon(reason: string): void {
    this.#lossReason ??= new Error(reason)
    this.#lost?.abort(this.#lossReason)
    this.running?.abort(this.#lossReason)
  }

  /** Counts the try that begins now: never fewer than Redis saw deliveries. */
  beginAttempt(): number {
    this.attempt = Math.max(this.attempt + 1, this.deliveries)
    return this.attempt
  }

  /** The last try failed for a reason that is not its own, and does not count. */
  takeBackAttempt(): void {
    this.attempt -= 1
  }

  /** The last try failed for an outage: it was none of the message's attempts. */
  excuseAttempt(): void {
    this.attempt -= 1
    this.outages += 1
  }

  /** The delivery count to leave behind on release, so that tries go on counting and an untouched entry is as before. */
  get deliveriesOnRelease(): number {
    return this.attempt === 0 ? this.deliveries - 1 : this.attempt
  }
}

/** The key under which the fields of an entry name one that came more than once; the last value counts. */
export const repeatedField = Symbol('repeated field')

/** The fields of an entry by name. It inherits no names: `__proto__` is one like any other. */
export type EntryFields = Record<string, string> & { [repeatedField]?: string }

// An object whose prototype is empty holds what one without a prototype does, and is as quick as that of a class.
const NoFields = function () {} as unknown as new () => EntryFields
NoFields.prototype = Object.create(null) as object

/** Reads an XREADGROUP, XCLAIM or XAUTOCLAIM entry: [id, [field, value, ...]]. */
export function fieldsOf(flat: readonly string[]): EntryFields {
  const fields = new NoFields()
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i] as string
    if (name in fields) fields[repeatedField] = name
    fields[name] = flat[i + 1] as string
  }
  return fields
}
