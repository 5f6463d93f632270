import { Redis } from 'ioredis'
import { ClusterMap, distinct, isSameNode, type NodeAddress } from './cluster.map.js'
import { slotOfShard } from './cluster.slot.js'
import { callCommand, type CommandArgument } from './command.call.js'
import { LibraryMissingError, RefusedByRedisError, streamsError, UnavailableError } from './streams.errors.js'

/** Where Redis is and as whom to log in. */
export interface StreamsConnection {
  host: string
  port: number
  /** Redis Cluster: some of its nodes, which know the others. Absent: host and port are all there is. */
  clusterNodes?: readonly NodeAddress[]
  username: string
  /** A function is asked anew for each connection: a password that may change while the process runs. */
  password: string | (() => string)
}

const connectWithinMs = 3_000

/**
 * One supervised connection. Every call has a deadline; a connection that breaks, falls silent or turns out to be a
 * demoted replica is thrown away and the next call opens a new one. In a cluster a link is for one shard, and each new
 * connection goes to the primary that serves it by then. ioredis never reconnects by itself here: its own
 * reconnection either sends commands twice or leaves promises unsettled, and its clients can stay parked for ever.
 */
export class RedisLink {
  #client: Redis | undefined
  #opening: Promise<Redis> | undefined
  #closed = false
  #generation = 0

  readonly #answerWithinMs: number
  readonly #shard: string | undefined
  #nodes: readonly NodeAddress[]

  /**
   * @param name what CLIENT LIST shows to operators.
   * @param options shard: whose keys the commands touch; undefined: the node at host and port, whatever it serves.
   * answerWithinMs: default 3,000.
   */
  constructor(
    private readonly connection: StreamsConnection,
    private readonly name: string,
    options: { shard: string | undefined; answerWithinMs?: number },
  ) {
    this.#answerWithinMs = options.answerWithinMs ?? 3_000
    this.#shard = options.shard
    this.#nodes = connection.clusterNodes ?? []
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
    try {
      return await this.#inTime(work(client), answerWithinMs)
    } catch (thrown) {
      const error = streamsError(thrown)
      if (error instanceof UnavailableError && !(error instanceof LibraryMissingError)) this.#drop(client)
      throw error
    }
  }

  /**
   * Runs one command on the connection, whatever the size of its arguments and its answer.
   * @throws UnavailableError as run() does.
   */
  call<T>(name: string, args: readonly CommandArgument[], answerWithinMs?: number): Promise<T> {
    return this.run((redis) => callCommand(redis, name, args) as Promise<T>, answerWithinMs)
  }

  async #inTime<T>(answer: Promise<T>, withinMs = this.#answerWithinMs): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new UnavailableError(`Redis gave no answer within ${withinMs} ms`)),
        withinMs,
      )
    })
    try {
      return await Promise.race([answer, silence])
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
    const { connection } = this
    const isRouted = connection.clusterNodes !== undefined && this.#shard !== undefined
    const client = isRouted ? await this.#connectToShard(this.#shard) : await this.#connectTo(connection)
    client.on('end', () => this.#drop(client))
    if (this.#closed || client.status === 'end') {
      client.disconnect()
      throw new UnavailableError(`The connection ${this.name} is closed`)
    }
    this.#client = client
    this.#generation += 1
    return client
  }

  // Throws after one try: whoever repeats the call waits a little, and asks the next node then.
  async #connectToShard(shard: string): Promise<Redis> {
    let failure: unknown = new UnavailableError('No node of the cluster is known')
    for (const node of this.#nodes) {
      let asked: Redis
      try {
        asked = await this.#connectTo(node)
      } catch (error) {
        failure = error
        continue
      }
      let home: NodeAddress | undefined
      try {
        home = await this.#homeOf(shard, asked, node)
      } catch (error) {
        asked.disconnect()
        throw streamsError(error)
      }
      if (home && isSameNode(home, node)) return asked
      asked.disconnect()
      if (home) return this.#connectTo(home)
      throw new UnavailableError(`No node of the cluster serves the shard ${shard}`)
    }
    throw failure
  }

  async #homeOf(shard: string, asked: Redis, node: NodeAddress): Promise<NodeAddress | undefined> {
    const map = new ClusterMap(await this.#inTime(asked.call('CLUSTER', 'SLOTS')), node)
    const known = distinct([...map.nodes, ...(this.connection.clusterNodes ?? [])])
    // Asked last the next time: what it says may be out of date.
    this.#nodes = [...known.filter((other) => !isSameNode(other, node)), node]
    return map.primaryOf(slotOfShard(shard))
  }

  async #connectTo({ host, port }: NodeAddress): Promise<Redis> {
    const { username } = this.connection
    const client = new Redis({
      host,
      port,
      username,
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
    // ioredis's own deadline ends when the link opens; whether anybody answers the login it waits for ever.
    const silence = setTimeout(() => client.disconnect(), connectWithinMs)
    try {
      await client.connect()
      return client
    } catch (thrown) {
      client.disconnect()
      // A refused password arrives as an event, and only a closed connection as the rejection.
      throw this.#loginError(streamsError(refusal ?? thrown))
    } finally {
      clearTimeout(silence)
    }
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
    if (typeof this.connection.password === 'string' || !(error instanceof RefusedByRedisError)) return error
    return new UnavailableError(`Redis refuses the password of ${this.connection.username}`, { cause: error })
  }

  #drop(client: Redis): void {
    if (this.#client === client) this.#client = undefined
    if (client.status !== 'end') client.disconnect()
  }
}
