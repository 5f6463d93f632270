import { Redis } from 'ioredis'
import { streamsError, UnavailableError } from './streams.errors.js'

/** Where Redis is and as whom to log in. */
export interface StreamsConnection {
  host: string
  port: number
  username: string
  /** A function is asked anew for each connection: a password that may change while the process runs. */
  password: string | (() => string)
}

const connectWithinMs = 3_000

/**
 * One supervised connection. Every call has a deadline; a connection that breaks, falls silent or turns out to be a
 * demoted replica is thrown away and the next call opens a new one. ioredis never reconnects by itself here: its own
 * reconnection either sends commands twice or leaves promises unsettled, and its clients can stay parked for ever.
 */
export class RedisLink {
  #client: Redis | undefined
  #opening: Promise<Redis> | undefined
  #closed = false
  #generation = 0

  readonly #answerWithinMs: number

  /**
   * @param name what CLIENT LIST shows to operators.
   * @param options shard: whose keys the commands touch. answerWithinMs: default 3,000.
   */
  constructor(
    private readonly connection: StreamsConnection,
    private readonly name: string,
    options: { shard?: string; answerWithinMs?: number } = {},
  ) {
    this.#answerWithinMs = options.answerWithinMs ?? 3_000
  }

  /** Grows with each new connection: a reader that sees it change has to look at its own pending entries first. */
  get generation(): number {
    return this.#generation
  }

  /** Makes sure that there is a connection. @throws UnavailableError */
  async open(): Promise<void> {
    await this.#ready()
  }

  /**
   * Runs commands on the connection.
   * @throws UnavailableError when Redis gives no answer in time; the commands may have been executed all the same.
   */
  async run<T>(work: (client: Redis) => Promise<T>, answerWithinMs = this.#answerWithinMs): Promise<T> {
    const client = await this.#ready()
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new UnavailableError(`Redis gave no answer within ${answerWithinMs} ms`)),
        answerWithinMs,
      )
    })
    try {
      return await Promise.race([work(client), silence])
    } catch (thrown) {
      const error = streamsError(thrown)
      if (error instanceof UnavailableError) this.#drop(client)
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Breaks the connection off, in the middle of a blocking read too; resolves when Redis has seen the end of it. */
  async sever(): Promise<void> {
    const client = this.#client
    if (!client) return
    const ended = new Promise((resolve) => client.once('end', resolve))
    this.#drop(client)
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 500).unref())])
  }

  /** Closes for good; commands in flight fail. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => {})
    await this.sever()
  }

  async #ready(): Promise<Redis> {
    if (this.#closed) throw new UnavailableError(`The connection ${this.name} is closed`)
    if (this.#client) return this.#client
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #connect(): Promise<Redis> {
    const client = new Redis({
      ...this.connection,
      password: this.#currentPassword(),
      connectionName: this.name,
      protocol: 2,
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      disableClientInfo: true,
      connectTimeout: connectWithinMs,
    })
    let refusal: Error | undefined
    client.on('error', (error: Error) => {
      refusal = error
    })
    client.on('end', () => this.#drop(client))
    // ioredis's own deadline ends when the link opens; whether anybody answers the login it waits for ever.
    const silence = setTimeout(() => client.disconnect(), connectWithinMs)
    try {
      await client.connect()
    } catch (thrown) {
      client.disconnect()
      // A refused password arrives as an event, and only a closed connection as the rejection.
      throw this.#loginError(streamsError(refusal ?? thrown))
    } finally {
      clearTimeout(silence)
    }
    if (this.#closed) client.disconnect()
    this.#client = client
    this.#generation += 1
    return client
  }

  #currentPassword(): string {
    const { password } = this.connection
    if (typeof password === 'string') return password
    try {
      return password()
    } catch (cause) {
      throw new UnavailableError('The password for Redis cannot be read', { cause })
    }
  }

  // One that changes may be read in the moment of the change: the next one will do.
  #loginError(error: Error): Error {
    if (typeof this.connection.password === 'string' || !/^(WRONGPASS|NOAUTH)/.test(error.message))
      return error
    return new UnavailableError(`Redis refuses the password of ${this.connection.username}`, { cause: error })
  }

  #drop(client: Redis): void {
    if (this.#client === client) this.#client = undefined
    if (client.status !== 'end') client.disconnect()
  }
}
