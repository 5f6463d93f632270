/** Host and port of a Redis node. */
export interface NodeAddress {
  host: string
  port: number
}

type RawNode = [host: string | null, port: number, ...rest: unknown[]]

/** Who serves which slots, by the account of one node (CLUSTER SLOTS). */
export class ClusterMap {
  readonly #ranges: { from: number; to: number; nodes: NodeAddress[] }[]

  /** @param asked the node that answered: nodes that do not know their own name are reached by its host. */
  constructor(answer: unknown, asked: NodeAddress) {
    this.#ranges = (answer as [number, number, ...RawNode[]][]).map(([from, to, ...nodes]) => ({
      from,
      to,
      nodes: nodes.map(([host, port]) => ({ host: host || asked.host, port })),
    }))
  }

  /** The primary that serves a slot; undefined while nobody does. */
  primaryOf(slot: number): NodeAddress | undefined {
    return this.#ranges.find(({ from, to }) => from <= slot && slot <= to)?.nodes[0]
  }

  /** Each primary once. */
  get primaries(): NodeAddress[] {
    return distinct(this.#ranges.flatMap(({ nodes }) => nodes.slice(0, 1)))
  }

  /** Each node once. */
  get nodes(): NodeAddress[] {
    return distinct(this.#ranges.flatMap(({ nodes }) => nodes))
  }
}

export function isSameNode(a: NodeAddress, b: NodeAddress): boolean {
  return a.host === b.host && a.port === b.port
}

export function distinct(nodes: readonly NodeAddress[]): NodeAddress[] {
  return nodes.filter((node, index) => nodes.findIndex((other) => isSameNode(node, other)) === index)
}
