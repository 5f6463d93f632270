import type { EventHeader } from '@guildhall/contracts'
import { unreachable, UnreachableError } from './client.errors.js'
import { compareEntryIds } from './entry.position.js'

/** A message on the client's reply stream. */
export interface ReplyMessage {
  entryId: string
  header: EventHeader
  data: string
}

/** Where replies are read from; ClientStreams of @guildhall/redis-streams is one. */
interface ReplySource {
  follow(options: { fromId: string; signal: AbortSignal }): AsyncIterable<ReplyMessage>
  position(): Promise<string>
}

/** Hears every message after its own position, once and in order, until it is taken off or the reading failed. */
interface ReplyListener {
  hear(message: ReplyMessage): void
  fail(error: unknown): void
}

/**
 * One reading loop for everyone who waits on the reply stream. Who wants to hear from further back rewinds the loop;
 * the others do not notice, for each listener has a position of its own.
 */
export class ReplyReader {
  readonly #listeners = new Map<ReplyListener, { after: string }>()
  #turn: AbortController | undefined
  #position = '0-0'
  #starting: Promise<void> | undefined

  constructor(private readonly source: ReplySource) {}

  /** Starts to read at the stream's end. Idempotent; a failed start is tried again by the next call. */
  start(): Promise<void> {
    this.#starting ??= this.source.position().then(
      (position) => this.#readAfter(position),
      (error: unknown) => {
        this.#starting = undefined
        throw unreachable(error)
      },
    )
    return this.#starting
  }

  /** @param after entry id; default: what the loop has not read yet. Only after `start`. */
  add(listener: ReplyListener, after = this.#position): void {
    this.#listeners.set(listener, { after })
    if (compareEntryIds(after, this.#position) < 0) this.#readAfter(after)
  }

  remove(listener: ReplyListener): void {
    this.#listeners.delete(listener)
  }

  stop(reason: unknown): void {
    this.#turn?.abort()
    this.#fail(reason)
  }

  #readAfter(position: string): void {
    this.#turn?.abort()
    this.#turn = new AbortController()
    this.#position = position
    void this.#read(this.#turn)
  }

  async #read(turn: AbortController): Promise<void> {
    try {
      for await (const message of this.source.follow({ fromId: this.#position, signal: turn.signal })) {
        if (turn !== this.#turn) return
        this.#position = message.entryId
        this.#tell(message)
      }
      if (turn === this.#turn && !turn.signal.aborted)
        this.#fail(new UnreachableError('The reply stream ended.'))
    } catch (error) {
      if (turn === this.#turn) this.#fail(unreachable(error))
    }
  }

  #tell(message: ReplyMessage): void {
    for (const [listener, place] of this.#listeners) {
      if (compareEntryIds(message.entryId, place.after) <= 0) continue
      place.after = message.entryId
      listener.hear(message)
    }
  }

  #fail(error: unknown): void {
    this.#turn = undefined
    this.#starting = undefined
    const listeners = [...this.#listeners.keys()]
    this.#listeners.clear()
    for (const listener of listeners) listener.fail(error)
  }
}
