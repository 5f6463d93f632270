import { serviceNames, topology as guildhall, type Topology } from '@guildhall/contracts'
import { type StreamKeys, streamKeys } from './stream.keys.js'

const others = ['client', 'admin'] as const
/** Every user of Redis: the services, one for all clients, and the supervisor's. */
export const redisUsers = [...serviceNames, ...others] as const
export type RedisUser = (typeof redisUsers)[number]

// Nobody can be this user: it is off and has no password. Its rights are needed all the same: Redis replays its AOF as
// `default`, and checks them for each MULTI, which is what every function call is in there. Without them a restart
// forgets all that was relayed and settled (redis/redis#14541, in all versions before the end of 2025).
const nobody = 'user default off resetpass ~* &* +@all'
const connecting = '-@all +auth +hello +ping +client|setname +cluster|slots'
const consuming =
  '+xreadgroup +xack +xdel +xclaim +xautoclaim +xpending +xrange +xgroup|create +xgroup|delconsumer +xinfo|consumers'

/**
 * The text of Redis's ACL file: who may do what to which stream. No service has a command that reaches round the
 * router, runs code of its own, or reads names and settings of others.
 * @param options passwordHashes: SHA-256 in hex by user, several while a password is replaced; needed for every service,
 * `client` and `admin`.
 * topology: default Guildhall's own.
 * @throws RangeError for a missing or malformed hash.
 */
export function renderAclFile(options: {
  shards: readonly string[]
  passwordHashes: Record<string, string | readonly string[]>
  topology?: Topology
}): string {
  const keysOfShards = options.shards.map(streamKeys)
  const { services } = options.topology ?? guildhall
  const lines = [...services, ...others].map((user) => {
    const passwords = passwordRules(user, [options.passwordHashes[user] ?? []].flat()).join(' ')
    if (user === 'admin') return `user admin on ${passwords} ~* &* +@all`
    const rules = keysOfShards.flatMap((keys) => rulesOf(user, keys, services))
    return [
      `user ${user} on ${passwords}`,
      connecting,
      ...(user === 'client' ? [] : ['+info']),
      ...rules,
    ].join(' ')
  })
  return [nobody, ...lines, ''].join('\n')
}

/**
 * The rules of the given passwords, and of no others when they follow `resetpass`.
 * @throws RangeError when there is none, or one is malformed.
 */
export function passwordRules(user: string, hashes: readonly string[]): string[] {
  if (hashes.length === 0 || !hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash)))
    throw new RangeError(
      `The Redis user ${user} needs a password hash: 64 hex digits, SHA-256 of its password`,
    )
  return hashes.map((hash) => `#${hash}`)
}

// What a user may do in one shard.
function rulesOf(user: string, keys: StreamKeys, services: readonly string[]): string[] {
  if (user === 'client') return [`(+xadd %W~${keys.gateway})`, `(+xread +xrevrange %R~${keys.reply('*')})`]
  const own = [
    `(+fcall +xadd +xlen ~${keys.from(user)})`,
    `(+fcall +hset +expire ~${keys.blobFrom(user, '*')})`,
    `(+hmget +hget +unlink ~${keys.blobTo(user, '*')})`,
    `(+xread +xrevrange %R~${keys.answer(user)})`,
    `(+set +del +exists ~${keys.alive(user, '*')})`,
    `(+get +set +del +pttl ~${keys.state(user, '*')})`,
    `(+get +set ~${keys.epoch} ~${keys.continuity(user)})`,
    `(+sadd ~${keys.groups(user)})`,
    ...consumerRules(user, [keys.to(user)], keys),
  ]
  if (user === 'router') own.push(...relayRules(keys, services))
  if (user === 'audit') own.push(...consumerRules(user, [keys.audit], keys))
  return own
}

// One selector has to cover all keys of one FCALL; the commands inside are checked one by one against any of them.
function consumerRules(user: string, streams: readonly string[], keys: StreamKeys): string[] {
  const patterns = patternsOf(streams)
  const deadLetter = keys.deadLetter(user)
  const payloads = patternsOf([keys.blobTo(user, '*')])
  return [
    `(${consuming} ${patterns})`,
    `(+fcall ${patterns} ~${deadLetter} ${payloads})`,
    `(+xadd +xlen ~${deadLetter})`,
  ]
}

function relayRules(keys: StreamKeys, services: readonly string[]): string[] {
  const heard = [keys.gateway, ...services.map((service) => keys.from(service))]
  const ears = services.map((service) => keys.to(service))
  const kept = [keys.reply('*'), ...services.map((service) => keys.answer(service))]
  const delayed = [keys.delayed, keys.delayedMessages]
  const payloads = [keys.blobFrom('*', '*'), keys.blobTo('*', '*')]
  const admission = [keys.seen('*'), keys.rate, keys.waiting('*')]
  const deadLetter = keys.deadLetter('router')
  return [
    '(+time)',
    `(+memory|usage ~${keys.audit})`,
    `(+xadd +xlen ${patternsOf([...ears, keys.audit, ...kept])})`,
    `(+expire ${patternsOf(kept)})`,
    ...consumerRules('router', heard, keys),
    ...consumerRules(
      'router',
      services.map((service) => keys.deadLetter(service)),
      keys,
    ),
    `(+fcall ${patternsOf([...heard, keys.audit, ...ears, ...kept, ...delayed, ...payloads])})`,
    `(+fcall ${patternsOf([...delayed, deadLetter, ...ears])})`,
    `(+zcard +zadd +zrange +zrem ~${keys.delayed})`,
    `(+hset +hget +hdel ~${keys.delayedMessages})`,
    `(+fcall ${patternsOf(admission)})`,
    `(+hget +hset +hlen +pexpire ${patternsOf([keys.seen('*'), keys.rate])})`,
    `(+zadd +zrem +zcard +zscore +zremrangebyscore +pexpire ~${keys.waiting('*')})`,
    `(+copy +rename +hmget ${patternsOf(payloads)})`,
    `(+fcall ${patternsOf([keys.gateway, keys.healing, deadLetter])})`,
    `(+exists +rename +xadd +xgroup|setid +xinfo|stream +xinfo|groups ~${keys.gateway} ~${keys.healing})`,
    `(+xrange +xdel +unlink ~${keys.healing})`,
  ]
}

function patternsOf(keys: readonly string[]): string {
  return keys.map((key) => `~${key}`).join(' ')
}
