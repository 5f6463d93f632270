import type { Topology } from '@guildhall/contracts'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import type { StreamKeys } from './stream.keys.js'
import type { StreamsLogger } from './streams.logger.js'
import { repeatUpkeep } from './upkeep.repeating.js'

const dueEveryMs = 150
const duePerCall = 100
const healEveryMs = 700
const healedPerCall = 1_000
// A clock may be wrong by hours; nobody's is by a day.
const farAheadMs = 86_400_000

/** What a relay does all the time beside relaying: lets delayed messages go, and keeps the gateway stream alive. */
export class RelayUpkeep {
  readonly #link: RedisLink
  readonly #stopping = new AbortController()
  #running: Promise<unknown> = Promise.resolve()

  constructor(
    connection: StreamsConnection,
    private readonly topology: Topology,
    private readonly keys: StreamKeys,
    private readonly options: {
      shard: string
      instance: string
      destinationLimit: number
      logger: StreamsLogger
    },
  ) {
    this.#link = new RedisLink(connection, `guildhall:router:${options.instance}:upkeep`, {
      shard: options.shard,
    })
  }

  start(): void {
    const { signal } = this.#stopping
    const { logger } = this.options
    this.#running = Promise.all([
      repeatUpkeep('Letting delayed messages go', dueEveryMs, signal, logger, () => this.#letDueGo()),
      repeatUpkeep('Looking after the gateway stream', healEveryMs, signal, logger, () => this.#heal()),
    ])
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#link.close()
    await this.#running
  }

  async #letDueGo(): Promise<void> {
    const { keys, topology } = this
    const ears = topology.services.map((service) => keys.to(service))
    const functionKeys = [keys.delayed, keys.delayedMessages, keys.deadLetter('router'), ...ears]
    for (let isMore = true; isMore && !this.#stopping.signal.aborted;) {
      const args = [this.options.destinationLimit, duePerCall, new Date().toISOString()]
      const [moved, waiting, dead] = await this.#function('gh_due', functionKeys, args)
      if (dead > 0)
        this.options.logger.error({ messages: dead }, 'Delayed messages that lead nowhere are dead letters')
      isMore = moved + waiting + dead === duePerCall
    }
  }

  async #heal(): Promise<void> {
    const { keys } = this
    const { logger } = this.options
    for (let isMore = true; isMore && !this.#stopping.signal.aborted;) {
      const functionKeys = [keys.gateway, keys.healing, keys.deadLetter('router')]
      const args = ['router', farAheadMs, healedPerCall, new Date().toISOString()]
      const [replaced, moved, cutOff] = await this.#function('gh_heal', functionKeys, args)
      if (replaced > 0)
        logger.error({ moved }, 'The ids of the gateway stream had run away: its entries have a fresh one')
      if (cutOff > 0)
        logger.error({ entries: cutOff }, 'Entries were cut off the gateway stream before they were read')
      isMore = moved === healedPerCall
    }
  }

  #function(name: string, keys: string[], args: (string | number)[]): Promise<[number, number, number]> {
    return this.#link.run(
      (redis) =>
        redis.call('FCALL', name, keys.length, ...keys, ...args) as Promise<[number, number, number]>,
    )
  }
}
