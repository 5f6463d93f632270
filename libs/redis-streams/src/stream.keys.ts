/**
 * The key grammar, and the only place that knows it:
 *
 *     gh:{<shard>}:gateway                      clients speak here
 *     gh:{<shard>}:healing                      what lay in a gateway stream that had come to its end
 *     gh:{<shard>}:from:<service>               a service's mouth: written by it alone
 *     gh:{<shard>}:to:<service>                 a service's ear: written by the router alone
 *     gh:{<shard>}:reply:<name>                 what a client hears
 *     gh:{<shard>}:answer:<service>             what a service hears on its own requests
 *     gh:{<shard>}:audit                        every message with its verdict
 *     gh:{<shard>}:dead-letter:<service>        what a service could not handle
 *     gh:{<shard>}:alive:<service>:<instance>   heartbeat of one process
 *     gh:{<shard>}:delayed                      which delayed message is due when: a sorted set
 *     gh:{<shard>}:delayed-messages             the delayed messages themselves: a hash
 *     gh:{<shard>}:blob:from:<service>:<id>     a payload that a service put down before it spoke of it: a hash
 *     gh:{<shard>}:blob:to:<service>:<id>       a payload that waits for the service that hears of it: a hash
 *     gh:{<shard>}:seen:<n>                     ids of the clients' messages in the nth stretch of time: a hash
 *     gh:{<shard>}:rate                         how much each client and tenant may still say: a hash
 *     gh:{<shard>}:waiting:<tenant>             tasks of a tenant that are not over: a sorted set
 *     gh:{<shard>}:waiting:<tenant>:<client>    those of one of its clients
 *     gh:{<shard>}:epoch                        a string that changes when Redis lost data
 *     gh:{<shard>}:continuity:<service>         which Redis and epoch a service has seen last, and when: a string
 *     gh:{<shard>}:groups:<service>             the streams of which a service has made its group: a set
 *     gh:{<shard>}:state:<service>:<key>        hot state of one service
 *
 * The braces are a Redis Cluster hash tag: one function call may touch all streams of a shard.
 */
export interface StreamKeys {
  readonly gateway: string
  readonly healing: string
  readonly audit: string
  from(service: string): string
  to(service: string): string
  reply(name: string): string
  answer(service: string): string
  deadLetter(service: string): string
  alive(service: string, instance: string): string
  readonly delayed: string
  readonly delayedMessages: string
  blobFrom(service: string, id: string): string
  blobTo(service: string, id: string): string
  seen(bucket: number | string): string
  readonly rate: string
  waiting(tenant: string, client?: string): string
  readonly epoch: string
  continuity(service: string): string
  groups(service: string): string
  state(service: string, key: string): string
}

const shardPattern = /^[a-z0-9-]{1,32}$/

/**
 * The keys of one shard.
 * @throws RangeError when the shard is not 1 to 32 lower case letters, digits and hyphens.
 */
export function streamKeys(shard: string): StreamKeys {
  if (!shardPattern.test(shard))
    throw new RangeError(
      `shard ${JSON.stringify(shard)} must be 1 to 32 lower case letters, digits and hyphens`,
    )
  const prefix = `gh:{${shard}}:`
  return {
    gateway: `${prefix}gateway`,
    healing: `${prefix}healing`,
    audit: `${prefix}audit`,
    from: (service) => `${prefix}from:${service}`,
    to: (service) => `${prefix}to:${service}`,
    reply: (name) => `${prefix}reply:${name}`,
    answer: (service) => `${prefix}answer:${service}`,
    deadLetter: (service) => `${prefix}dead-letter:${service}`,
    alive: (service, instance) => `${prefix}alive:${service}:${instance}`,
    delayed: `${prefix}delayed`,
    delayedMessages: `${prefix}delayed-messages`,
    blobFrom: (service, id) => `${prefix}blob:from:${service}:${id}`,
    blobTo: (service, id) => `${prefix}blob:to:${service}:${id}`,
    seen: (bucket) => `${prefix}seen:${bucket}`,
    rate: `${prefix}rate`,
    waiting: (tenant, client) => `${prefix}waiting:${tenant}${client === undefined ? '' : `:${client}`}`,
    epoch: `${prefix}epoch`,
    continuity: (service) => `${prefix}continuity:${service}`,
    groups: (service) => `${prefix}groups:${service}`,
    state: (service, key) => `${prefix}state:${service}:${key}`,
  }
}

/** Where the router listens: the gateway stream and every service's mouth. */
export type HeardOn = 'gateway' | `from:${string}`

/** Every stream that the router reads, by the name that stamps use. */
export function routerStreams(shard: string, services: readonly string[]): Map<string, HeardOn> {
  const keys = streamKeys(shard)
  const streams = new Map<string, HeardOn>([[keys.gateway, 'gateway']])
  for (const service of services) streams.set(keys.from(service), `from:${service}`)
  return streams
}
