import {
  type EventHeader,
  messageOf,
  newId,
  OutageError,
  type PayloadClass,
  RequestRefused,
  TaskAccepted,
  type TaskState,
  TaskSubmit,
  traceHeaders,
  traceIdOf,
} from '@guildhall/contracts'
import { ClientStreams, type StreamsConnection } from '@guildhall/redis-streams/client'
import {
  ClientClosedError,
  RequestRefusedError,
  RequestTimeoutError,
  UnexpectedAnswerError,
  unreachable,
} from './client.errors.js'
import { type ReplyMessage, ReplyReader } from './reply.reader.js'
import { followTask } from './task.following.js'
import type { TaskEvent } from './task.event.js'

export interface GuildhallClientOptions {
  redis: StreamsConnection
  /** Names of the parts that the streams are divided into. Default: `main` alone. */
  shards?: readonly string[]
  /** After how long without an answer a request is sent again, under the same id. Default 3,000. */
  repeatEveryMs?: number
  /** Client id. */
  client: string
  /** Name of the stream on which the client is answered, a secret of its own. Default: the client id. */
  replyStream?: string
  /** Sent with every request; the router checks it and takes it off. */
  token: string
}

export interface RequestOptions {
  /** How long to wait for the answer; after it the request expires on the way too. Default 10,000. */
  timeoutMs?: number
  /** The second request with the same key has no effect of its own. */
  idempotencyKey?: string
  signal?: AbortSignal
}

export interface Submitted {
  taskId: string
  state: TaskState
  /** True when the task existed already (same idempotency key). */
  duplicate: boolean
  /** 32 hex digits; absent when the services trace nothing. */
  traceId?: string
}

/** Speaks to Guildhall as one client: over the gateway stream, and hears what comes back on its reply stream. */
export class GuildhallClient {
  readonly #streams: ClientStreams
  readonly #reader: ReplyReader
  readonly #closed = new AbortController()

  /** Connects on first use. Whoever made it closes it. */
  constructor(private readonly options: GuildhallClientOptions) {
    const { redis, shards = ['main'], client, replyStream = client } = options
    this.#streams = new ClientStreams({ connection: redis, shards, client, replyStream })
    this.#reader = new ReplyReader(this.#streams)
  }

  /** Who speaks. */
  get id(): string {
    return this.options.client
  }

  /**
   * Asks, and waits for the answer.
   * @param payload payload class of the request; names the message
   * @param reply payload class of its answer
   * @throws RequestRefusedError, RequestTimeoutError, UnreachableError; the signal's reason when it was aborted
   */
  async request<Q extends object, R extends object>(
    payload: PayloadClass<Q>,
    value: Q,
    reply: PayloadClass<R>,
    options: RequestOptions = {},
  ): Promise<{ value: R; header: EventHeader }> {
    const { timeoutMs = 10_000, signal } = options
    const { type } = messageOf(payload)
    signal?.throwIfAborted()
    this.#closed.signal.throwIfAborted()
    const id = newId()
    const { promise, resolve, reject } = Promise.withResolvers<ReplyMessage>()
    const timer = setTimeout(() => reject(new RequestTimeoutError(type, timeoutMs)), timeoutMs)
    const onAbort = () => reject(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#reader.expect(id, {
      hear: (message) => {
        if (!isReplay(message)) resolve(message)
      },
      fail: reject,
    })
    let stopSending = () => {}
    try {
      await Promise.race([this.#reader.start(), promise])
      stopSending = this.#sendRepeatedly(
        {
          type,
          data: JSON.stringify(value),
          authorization: `Bearer ${this.options.token}`,
          id,
          expirytime: new Date(Date.now() + timeoutMs).toISOString(),
          ...(options.idempotencyKey !== undefined && { idempotencykey: options.idempotencyKey }),
          ...traceHeaders(),
        },
        reject,
      )
      const answer = await promise
      return { value: answered(answer, type, messageOf(reply).type) as R, header: answer.header }
    } finally {
      stopSending()
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#reader.expectNoMore(id)
    }
  }

  /** Hands in a task. With an idempotency key a second submission answers with the first task. */
  async submit(
    task: TaskSubmit,
    options: { idempotencyKey?: string; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<Submitted> {
    const { value, header } = await this.request(TaskSubmit, task, TaskAccepted, options)
    const traceId = traceIdOf(header)
    const { taskId, state, duplicate } = value
    return { taskId, state, duplicate, ...(traceId && { traceId }) }
  }

  /**
   * What is said about a task, each message once; ends after the terminal one. To miss nothing, take `position()`
   * before submitting and pass it as `fromId`.
   * @param options fromId: position to go on after; default: from the first read on
   * @throws the signal's reason when it is aborted; ClientClosedError
   */
  follow(
    taskId: string,
    options: { fromId?: string; signal?: AbortSignal } = {},
  ): AsyncIterableIterator<TaskEvent> {
    const signals = [this.#closed.signal, ...(options.signal ? [options.signal] : [])]
    return followTask(this.#reader, taskId, options.fromId, AbortSignal.any(signals))
  }

  /**
   * Where the client's reply streams end now, as text for `fromId`.
   * @throws UnreachableError, also when no answer comes within 10 s
   */
  async position(): Promise<string> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(10_000)])
    return unlessAborted(signal, this.#streams.position()).catch((error: unknown) => {
      throw error instanceof ClientClosedError ? error : unreachable(error)
    })
  }

  /** Ends what waits with ClientClosedError and closes the connections. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return
    const reason = new ClientClosedError()
    this.#closed.abort(reason)
    this.#reader.stop(reason)
    await this.#streams.close()
  }

  // Redis may lose what it acknowledged, and be away for a while. A copy that comes after the first one has no effect:
  // it is known by its id.
  #sendRepeatedly(fields: Parameters<ClientStreams['send']>[0], fail: (error: unknown) => void): () => void {
    const { repeatEveryMs = 3_000 } = this.options
    let timer: NodeJS.Timeout | undefined
    let isDone = false
    const send = async () => {
      try {
        await this.#streams.send(fields)
      } catch (error) {
        if (!(error instanceof OutageError)) fail(unreachable(error))
      }
      // The answer may have overtaken the confirmation.
      if (!isDone) timer = setTimeout(() => void send(), repeatEveryMs)
    }
    void send()
    return () => {
      isDone = true
      clearTimeout(timer)
    }
  }
}

// The router's word on a second copy: the first one has got through, and its answer is still to come.
function isReplay({ header, data }: ReplyMessage): boolean {
  if (header.type !== messageOf(RequestRefused).type) return false
  return (JSON.parse(data) as Partial<RequestRefused> | null)?.code === 'replayed'
}

function answered(answer: ReplyMessage, requestType: string, replyType: string): object {
  const value: unknown = JSON.parse(answer.data)
  if (typeof value !== 'object' || value === null)
    throw new UnexpectedAnswerError(`${requestType} was answered with something that is no object.`)
  if (answer.header.type === messageOf(RequestRefused).type) {
    const refused = value as RequestRefused
    throw new RequestRefusedError(refused.code, refused.message, refused.retryable, requestType)
  }
  if (answer.header.type !== replyType)
    throw new UnexpectedAnswerError(`${requestType} was answered with ${answer.header.type}.`)
  return value
}

/** The work's outcome, or the signal's reason, whichever comes first. The work itself goes on. */
function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', onAbort))
}
