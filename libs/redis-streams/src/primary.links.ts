import type { Redis } from 'ioredis'
import { ClusterMap, distinct, isSameNode, type NodeAddress } from './cluster.map.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { UnavailableError } from './streams.errors.js'

/** Links to every primary: to those that a cluster has by now, or to the one Redis there is. Needs the user `admin`. */
export class PrimaryLinks {
  readonly #links = new Map<string, RedisLink>()
  #nodes: readonly NodeAddress[]

  constructor(
    private readonly connection: StreamsConnection,
    private readonly name: string,
  ) {
    this.#nodes = connection.clusterNodes ?? []
  }

  /** Does the work on each of them. @throws what failed on one, after the others had their turn. */
  async each(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    await this.#onAll(await this.#find((map) => map.primaries), work)
  }

  /** The same on each replica too: for what Redis does not replicate. */
  async eachNode(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    await this.#onAll(await this.#find((map) => map.nodes), work)
  }

  async #onAll(nodes: readonly NodeAddress[], work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const outcomes = await Promise.allSettled(nodes.map((node) => this.#linkTo(node).run(work)))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure) throw failure.reason
  }

  async close(): Promise<void> {
    await Promise.all([...this.#links.values()].map((link) => link.close()))
  }

  async #find(wanted: (map: ClusterMap) => NodeAddress[]): Promise<readonly NodeAddress[]> {
    const { clusterNodes } = this.connection
    if (!clusterNodes) return [this.connection]
    let failure: unknown
    for (const node of this.#nodes)
      try {
        const map = new ClusterMap(
          await this.#linkTo(node).run((redis) => redis.call('CLUSTER', 'SLOTS')),
          node,
        )
        // Asked last the next time: what it says may be out of date.
        const others = distinct([...map.nodes, ...clusterNodes]).filter((other) => !isSameNode(other, node))
        this.#nodes = [...others, node]
        return wanted(map)
      } catch (error) {
        failure = error
      }
    throw new UnavailableError('No node of the cluster says which primaries there are', { cause: failure })
  }

  #linkTo({ host, port }: NodeAddress): RedisLink {
    const key = `${host}:${port}`
    const { username, password } = this.connection
    const link =
      this.#links.get(key) ??
      new RedisLink({ host, port, username, password }, this.name, { shard: undefined })
    this.#links.set(key, link)
    return link
  }
}
