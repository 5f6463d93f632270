import { topology } from '@guildhall/contracts'
import { renderAclFile } from '@guildhall/redis-streams'

/** Commands that one user of Redis may use on some keys. */
export interface RedisRight {
  user: string
  commands: string[]
  keys: { access: 'read' | 'write' | 'both'; pattern: string }[]
}

const others = ['client', 'admin']

/** What the ACL file of the shard main lets each user do with keys, except the admin, who may do everything. */
export function readRedisRights(): RedisRight[] {
  const users = [...topology.services, ...others]
  const passwordHashes = Object.fromEntries(users.map((user) => [user, '0'.repeat(64)]))
  return parseRights(renderAclFile({ shards: ['main'], passwordHashes })).filter(
    ({ user }) => user !== 'admin',
  )
}

/** The rules of the users that are on: `user <name> on #… +command … (+command ~key) …`. */
export function parseRights(aclFile: string): RedisRight[] {
  return [...aclFile.matchAll(/^user (\S+) on (.*)$/gm)]
    .flatMap(([, user = '', rules = '']) =>
      rules.split(/[()]/).map((selector) => {
        const words = selector.split(' ')
        return {
          user,
          commands: words.filter((word) => word.startsWith('+')).map((word) => word.slice(1)),
          keys: words.filter((word) => /^[~%]/.test(word)).map(keyOf),
        }
      }),
    )
    .filter(({ commands }) => commands.length > 0)
}

function keyOf(word: string): RedisRight['keys'][number] {
  const [, kinds, pattern = ''] = /^%?([RW]*)~(.*)$/.exec(word) ?? []
  const access = kinds === 'R' ? 'read' : kinds === 'W' ? 'write' : 'both'
  return { access, pattern }
}

const putting = ['xadd', 'set', 'hset', 'zadd', 'incr']
const looking = [
  'xread',
  'xreadgroup',
  'xrange',
  'xrevrange',
  'get',
  'hget',
  'hmget',
  'hgetall',
  'zrange',
  'exists',
]

/** Who may put something under a key, and who may look at it. */
export function usersOfKey(
  key: string,
  rights: readonly RedisRight[],
): { writers: string[]; readers: string[] } {
  const may = (commands: readonly string[], access: 'read' | 'write') =>
    rights
      .filter((right) => right.commands.some((command) => commands.includes(command)))
      .filter((right) =>
        right.keys.some((held) => held.access !== opposite(access) && matches(held.pattern, key)),
      )
      .map(({ user }) => user)
  return { writers: unique(may(putting, 'write')), readers: unique(may(looking, 'read')) }
}

function opposite(access: 'read' | 'write') {
  return access === 'read' ? 'write' : 'read'
}

/** Whether a key is one of those that a glob of the ACL means; it has no wildcard but `*`. */
function matches(pattern: string, key: string): boolean {
  const literal = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll('*', '.*')}$`).test(key)
}

function unique(users: readonly string[]): string[] {
  return [...new Set(users)]
}
