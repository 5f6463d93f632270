import type { NodeAddress } from './cluster.map.js'

const defaultPort = 6379

/** Where Redis is, as a StreamsConnection has it. */
export interface StreamsAddress extends NodeAddress {
  clusterNodes?: readonly NodeAddress[]
}

/**
 * Reads `redis://<host>[:<port>]`, or `redis+cluster://<host>[:<port>],<host>[:<port>]…` for a cluster of which these are
 * some nodes.
 * @returns undefined when the text is neither, or holds credentials: they travel by themselves.
 */
export function parseStreamsUrl(text: string): StreamsAddress | undefined {
  const [scheme, rest = ''] = text.split('://', 2)
  if (scheme === 'redis') return parseNode(rest)
  if (scheme !== 'redis+cluster') return undefined
  const nodes = rest.replace(/\/$/, '').split(',').map(parseNode)
  const [first] = nodes
  if (!first || nodes.some((node) => node === undefined)) return undefined
  return { ...first, clusterNodes: nodes as NodeAddress[] }
}

/** The URL of an address. */
export function streamsUrl({ host, port, clusterNodes }: StreamsAddress): string {
  const written = (node: NodeAddress) =>
    `${node.host.includes(':') ? `[${node.host}]` : node.host}:${node.port}`
  return clusterNodes
    ? `redis+cluster://${clusterNodes.map(written).join(',')}`
    : `redis://${written({ host, port })}`
}

function parseNode(text: string): NodeAddress | undefined {
  const url = URL.parse(`redis://${text}`)
  if (!url?.hostname || url.username || url.password || url.pathname.length > 1 || url.search || url.hash)
    return undefined
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || defaultPort) }
}
