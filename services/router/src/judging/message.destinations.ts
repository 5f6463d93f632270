import { type EventHeader, topology } from '@guildhall/contracts'
import type { RelayDecision } from '@guildhall/redis-streams'

/** Where a message goes, and the names of these places for its stamp. */
interface Destinations {
  deliverTo: RelayDecision['deliverTo']
  deliveredTo: string[]
}

interface Route {
  services: string[]
  names: string[]
  isForClient: boolean
}

const servicePrefix = '/services/'
const routes = new Map(
  topology.messages.map((row): [string, Route] => {
    const services = row.to.filter((listener) => listener !== 'client')
    const names = services.map((service) => `to:${service}`)
    return [row.type, { services, names, isForClient: row.to.includes('client') }]
  }),
)

/**
 * Where the topology has a message go. What is said to `client` goes to whoever `replyto` names: a client, on its reply
 * stream, or a service that asked. A name that nobody has gets nothing.
 * @param replyStreamOf the name of a client's reply stream.
 */
export function destinationsOf(
  { type, replyto }: Pick<EventHeader, 'type' | 'replyto'>,
  replyStreamOf: (clientId: string) => string | undefined,
): Destinations {
  const route = routes.get(type)
  if (!route) return { deliverTo: {}, deliveredTo: [] }
  const { services, names, isForClient } = route
  if (!isForClient || replyto === undefined) return { deliverTo: { to: services }, deliveredTo: names }
  if (replyto.startsWith(servicePrefix)) {
    const service = replyto.slice(servicePrefix.length)
    if (!topology.services.includes(service)) return { deliverTo: { to: services }, deliveredTo: names }
    return { deliverTo: { to: services, answer: [service] }, deliveredTo: [...names, `answer:${service}`] }
  }
  const stream = replyStreamOf(replyto)
  if (stream === undefined) return { deliverTo: { to: services }, deliveredTo: names }
  return { deliverTo: { to: services, reply: [stream] }, deliveredTo: [...names, `reply:${replyto}`] }
}
