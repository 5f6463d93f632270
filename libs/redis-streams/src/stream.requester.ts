import {
  createEnvelope,
  type EventHeader,
  messageOf,
  type PayloadClass,
  RequestError,
  type RequestRefused,
  topology as guildhall,
  type Topology,
} from '@guildhall/contracts'
import { AnswerReader } from './answer.reader.js'
import type { PayloadReader } from './handler.calls.js'
import type { EntryFields } from './held.entry.js'
import { readHeader, readPayload } from './message.reading.js'
import type { StreamsConnection } from './redis.link.js'
import type { StreamPublisher } from './stream.publisher.js'
import { UnavailableError } from './streams.errors.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'

/** No answer came before the deadline of a request. The callee may have done what was asked all the same. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly retryable = true
}

export interface StreamRequesterOptions {
  service: string
  /** Who is on the bus and what is said there. Default: Guildhall's own. */
  topology?: Topology
  connection: StreamsConnection
  shards: readonly string[]
  /** Says the requests. The requester does not close it. */
  publisher: Pick<StreamPublisher, 'publish'>
  /** Makes and checks the payload of each answer. Absent: it is what the JSON holds. */
  readPayload?: PayloadReader
  /** Absent: silent. */
  logger?: StreamsLogger
}

export interface RequestOptions {
  tenant: string
  /** How long to wait for the answer. Router and callee drop the request when it is over. Default 10,000. */
  deadlineMs?: number
  /** The task that the request is about. */
  subject?: string
  /** Aborted: the request is given up, and its answer dropped. */
  signal?: AbortSignal
}

export interface Answer<A extends object> {
  value: A
  header: EventHeader
}

interface Pending {
  resolve: (answer: Answer<never>) => void
  reject: (error: unknown) => void
}

const rememberedIds = 10_000

/**
 * Asks other services and waits for what they answer. Nothing is durable about the waiting: an answer to a process that
 * has gone is dropped, so what must not be lost is said as a message of an outbox instead. Connects when it is first used.
 */
export class StreamRequester {
  readonly #readers: readonly AnswerReader[]
  readonly #pending = new Map<string, Pending>()
  /** Ids of requests that nobody waits for any more, the oldest first. */
  readonly #givenUp = new Set<string>()
  #lateAnswers = 0
  #isClosed = false

  constructor(private readonly options: StreamRequesterOptions) {
    const { connection, shards, service, logger = silentLogger } = options
    this.#readers = shards.map(
      (shard) => new AnswerReader(connection, shard, service, logger, (fields) => this.#hear(fields)),
    )
  }

  /** How many requests wait for their answer. */
  get pendingCount(): number {
    return this.#pending.size
  }

  /** How many answers came when nobody waited for them any more. */
  get lateAnswers(): number {
    return this.#lateAnswers
  }

  /**
   * Says the message that the payload class belongs to and waits for its reply.
   * @throws RequestError when the router or the callee refuses; DeadlineError when no answer comes in time;
   * UnavailableError, BusyError when the request could not be said; the signal's reason when it is aborted.
   */
  async request<P extends object, A extends object = object>(
    payload: PayloadClass<P>,
    value: P,
    options: RequestOptions,
  ): Promise<Answer<A>> {
    const { deadlineMs = 10_000, tenant, subject, signal } = options
    const { type } = messageOf(payload)
    signal?.throwIfAborted()
    const expiresAt = Date.now() + deadlineMs
    const origin = {
      tenant,
      subject,
      replyto: `/services/${this.options.service}`,
      expirytime: new Date(expiresAt).toISOString(),
    }
    const envelope = createEnvelope(type, value, `/services/${this.options.service}`, origin)
    const { id } = envelope.header
    const answered = Promise.withResolvers<Answer<A>>()
    const giveUp = (reason: unknown) => {
      this.#forget(id)
      answered.reject(reason)
    }
    const timer = setTimeout(
      () => giveUp(new DeadlineError(`${type} was not answered within ${deadlineMs} ms`)),
      deadlineMs,
    )
    const onAbort = () => giveUp(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (this.#isClosed) giveUp(new UnavailableError('The requester is closed'))
    else this.#pending.set(id, answered)
    this.#say(envelope).catch(giveUp)
    try {
      return await answered.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#pending.delete(id)
    }
  }

  /** Gives up what waits, and disconnects. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#pending.values())
      reject(new UnavailableError('The requester was closed before the answer came'))
    await Promise.all(this.#readers.map((reader) => reader.close()))
  }

  async #say(envelope: ReturnType<typeof createEnvelope>): Promise<void> {
    // An answer that comes before its stream is read would be missed.
    await Promise.all(this.#readers.map((reader) => reader.begin()))
    if (this.#pending.has(envelope.header.id)) await this.options.publisher.publish([envelope])
  }

  #forget(id: string): void {
    if (!this.#pending.delete(id)) return
    this.#givenUp.add(id)
    if (this.#givenUp.size <= rememberedIds) return
    const [oldest] = this.#givenUp
    this.#givenUp.delete(oldest as string)
  }

  #hear(fields: EntryFields): void {
    // Every instance of the service hears all answers; most are for others.
    if (this.#pending.size === 0 && this.#givenUp.size === 0) return
    let header: EventHeader
    try {
      header = readHeader(fields['event'])
    } catch (error) {
      this.#log.warn({ err: error }, 'An answer cannot be read; it is dropped')
      return
    }
    const id = header.correlationid ?? ''
    const pending = this.#pending.get(id)
    if (pending) {
      this.#pending.delete(id)
      this.#answer(pending, header, fields['data'] ?? '')
    } else if (this.#givenUp.delete(id)) {
      this.#lateAnswers += 1
      this.#log.debug({ type: header.type, messageId: header.id }, 'An answer came too late; it is dropped')
    }
  }

  #answer({ resolve, reject }: Pending, header: EventHeader, data: string): void {
    try {
      const value = readPayload(data)
      if (header.type === 'request.refused') {
        const { code, message, retryable } = value as RequestRefused
        reject(new RequestError(code, message, retryable))
        return
      }
      const { topology = guildhall, readPayload: read } = this.options
      const row = topology.find(header.type)
      resolve({ value: (read && row ? read(row.payload, value) : value) as never, header })
    } catch (error) {
      reject(error)
    }
  }

  get #log(): StreamsLogger {
    return this.options.logger ?? silentLogger
  }
}
