import type { EventHeader } from '@guildhall/contracts'
import { ReplyPosition } from '@guildhall/redis-streams/client'
import { unreachable, UnreachableError } from './client.errors.js'

/** A message on one of the client's reply streams. */
export interface ReplyMessage {
  shard: string
  entryId: string
  header: EventHeader
  data: string
}

/** Where replies are read from; ClientStreams of @guildhall/redis-streams is one. */
interface ReplySource {
  follow(options: { fromId: string; signal: AbortSignal }): AsyncIterable<ReplyMessage>
  position(): Promise<string>
}

/** A message, and how far the reading had come with it. */
export interface HeardMessage extends ReplyMessage {
  position: string
}

/** Hears every message after its own position, once and each shard's in order, until it is taken off or the reading failed. */
interface ReplyListener {
  hear(message: HeardMessage): void
  fail(error: unknown): void
}

/** Hears what answers one request, until it is taken off or the reading failed. */
interface AnswerListener {
  hear(answer: ReplyMessage): void
  fail(error: unknown): void
}

/**
 * One reading loop for everyone who waits on the reply stream. Who wants to hear from further back rewinds the loop;
 * the others do not notice, for each listener has a position of its own.
 */
export class ReplyReader {
  readonly #listeners = new Map<ReplyListener, { after: ReplyPosition }>()
  readonly #asking = new Map<string, AnswerListener>()
  #turn: AbortController | undefined
  #position = new ReplyPosition()
  #starting: Promise<void> | undefined

  constructor(private readonly source: ReplySource) {}

  /** Starts to read at the stream's end. Idempotent; a failed start is tried again by the next call. */
  start(): Promise<void> {
    this.#starting ??= this.source.position().then(
      (position) => this.#readAfter(ReplyPosition.parse(position)),
      (error: unknown) => {
        this.#starting = undefined
        throw unreachable(error)
      },
    )
    return this.#starting
  }

  /** @param fromId position; default: what the loop has not read yet. Only after `start`. */
  add(listener: ReplyListener, fromId?: string): void {
    const after = fromId === undefined ? this.#position : ReplyPosition.parse(fromId)
    this.#listeners.set(listener, { after })
    if (!after.coversAll(this.#position)) this.#readAfter(this.#position.earlier(after))
  }

  remove(listener: ReplyListener): void {
    this.#listeners.delete(listener)
  }

  /** Hears from now on what has that `correlationid`, some of it twice when somebody rewinds the loop. */
  expect(correlationId: string, listener: AnswerListener): void {
    this.#asking.set(correlationId, listener)
  }

  expectNoMore(correlationId: string): void {
    this.#asking.delete(correlationId)
  }

  stop(reason: unknown): void {
    this.#turn?.abort()
    this.#fail(reason)
  }

  #readAfter(position: ReplyPosition): void {
    this.#turn?.abort()
    this.#turn = new AbortController()
    this.#position = position
    void this.#read(this.#turn)
  }

  async #read(turn: AbortController): Promise<void> {
    try {
      for await (const message of this.source.follow({
        fromId: String(this.#position),
        signal: turn.signal,
      })) {
        if (turn !== this.#turn) return
        this.#position = this.#position.after(message.shard, message.entryId)
        this.#tell(message)
      }
      if (turn === this.#turn && !turn.signal.aborted)
        this.#fail(new UnreachableError('The reply stream ended.'))
    } catch (error) {
      if (turn === this.#turn) this.#fail(unreachable(error))
    }
  }

  #tell(message: ReplyMessage): void {
    const { correlationid } = message.header
    if (correlationid !== undefined) this.#asking.get(correlationid)?.hear(message)
    for (const [listener, place] of this.#listeners) {
      if (place.after.covers(message.shard, message.entryId)) continue
      place.after = place.after.after(message.shard, message.entryId)
      listener.hear({ ...message, position: String(place.after) })
    }
  }

  #fail(error: unknown): void {
    this.#turn = undefined
    this.#starting = undefined
    const listeners = [...this.#listeners.keys(), ...this.#asking.values()]
    this.#listeners.clear()
    this.#asking.clear()
    for (const listener of listeners) listener.fail(error)
  }
}
