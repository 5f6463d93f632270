import { serviceNames } from '@guildhall/contracts'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  administration,
  type Attempt,
  harm,
  harmOfKey,
  keys,
  largest,
  reading,
  relayOf,
  settleOf,
} from './acl.attempts.fixture.js'
import type { RedisUser } from './acl.file.js'
import { RedisFixture } from './redis.fixture.js'

const users = [...serviceNames, 'client'] as const
type User = (typeof users)[number]
let redis: RedisFixture
const logins = new Map<RedisUser, Redis>()

beforeAll(async () => {
  redis = await RedisFixture.start()
  for (const user of users)
    logins.set(
      user,
      new Redis({ ...redis.as(user), protocol: 2, enableReadyCheck: false }).on('error', () => {}),
    )
  for (const service of serviceNames) {
    for (const stream of [keys.from(service), keys.to(service), keys.deadLetter(service)]) {
      await redis.admin.xgroup('CREATE', stream, service, '0', 'MKSTREAM')
      await redis.admin.xadd(stream, '1-1', 'event', '{}', 'data', '{}')
    }
    if (service !== 'router') await redis.admin.xgroup('CREATE', keys.from(service), 'router', '0')
    await redis.admin.xadd(keys.answer(service), '1-1', 'event', '{}')
    for (const blob of [keys.blobFrom(service, 'b'), keys.blobTo(service, 'b')])
      await redis.admin.hset(blob, 'size', '1')
    for (const key of [keys.alive(service, 'i'), keys.state(service, 'a')]) await redis.admin.set(key, '1')
  }
  await redis.admin.xgroup('CREATE', keys.gateway, 'router', '0', 'MKSTREAM')
  for (const stream of [keys.gateway, keys.audit, keys.reply('anna')])
    await redis.admin.xadd(stream, '1-1', 'event', '{}')
})
afterAll(async () => {
  for (const login of logins.values()) login.disconnect()
  await redis.stop()
})

async function ask(user: RedisUser, command: readonly string[]): Promise<string> {
  const [name = '', ...rest] = command
  try {
    await logins.get(user)?.call(name, ...rest)
    return 'done'
  } catch (error) {
    const { message } = error as Error
    // A function runs with the caller's rights; DEBUG and MODULE are off in this Redis for everybody.
    return /^NOPERM|The user executing the script can't |^ERR (DEBUG|MODULE) command not allowed/.test(
      message,
    )
      ? 'refused'
      : message
  }
}

function outcomes(user: RedisUser, attempts: readonly Attempt[]): Promise<string[]> {
  return Promise.all(
    attempts.map(
      async ([what, ...command]) =>
        `${what}: ${command.join(' ').slice(0, 100)}: ${await ask(user, command)}`,
    ),
  )
}

async function expectAll(user: RedisUser, attempts: readonly Attempt[], expected: string): Promise<void> {
  const found = await outcomes(user, attempts)
  expect(found.filter((line) => !line.endsWith(`: ${expected}`))).toEqual([])
  expect(found).toHaveLength(attempts.length)
}

describe.each(serviceNames)('the credentials of %s', (service) => {
  const others = serviceNames.filter((name) => name !== service)
  const [other = 'router'] = others
  const isRouter = service === 'router'
  const own = settleOf(keys.to(service), keys.deadLetter(service), service, [keys.blobTo(service, 'x')])

  it('open what the service needs', async () => {
    await expectAll(
      service,
      [
        ['say', 'FCALL', 'gh_publish', '1', keys.from(service), '99', '{}', '{}'],
        ['put a payload down', 'FCALL', 'gh_put', '1', keys.blobFrom(service, 'x'), '9', 'size', '1'],
        ['hear', 'XREADGROUP', 'GROUP', service, 'i', 'COUNT', '1', 'STREAMS', keys.to(service), '>'],
        ['fetch a payload', 'HMGET', keys.blobTo(service, 'b'), 'size'],
        ['settle', ...own],
        ['renew', 'FCALL', 'gh_renew', '1', keys.to(service), service, 'i', '1-1'],
        ['live', 'SET', keys.alive(service, 'i'), '1', 'PX', '1000'],
        ['keep hot state', 'SET', keys.state(service, 'a'), '1', 'PX', '1000'],
        ['read hot state', 'GET', keys.state(service, 'a')],
        ['look at the memory', 'INFO', 'memory'],
      ],
      'done',
    )
  })

  it('do not speak with the mouth of another, a client or the router', async () => {
    for (const name of others)
      await expectAll(service, harm(keys.from(name), 'router').slice(0, 4), 'refused')
    // The router takes from mouths. It never writes one, and the gateway only to put what lay there on a fresh stream.
    if (!isRouter) await expectAll(service, harm(keys.gateway, 'router'), 'refused')
    await expectAll(
      service,
      [['say', 'FCALL', 'gh_publish', '1', keys.from(other), '9', '{}', '{}']],
      'refused',
    )
  })

  it('do not hear, write or harm what is for another', async () => {
    for (const name of others) {
      const streams = [keys.to(name), keys.answer(name), keys.deadLetter(name)]
      for (const stream of isRouter ? [] : streams) {
        await expectAll(service, reading(stream, name), 'refused')
        await expectAll(service, harm(stream, name), 'refused')
      }
      const keysOfName = [
        keys.alive(name, 'i'),
        keys.state(name, 'a'),
        keys.continuity(name),
        keys.groups(name),
      ]
      if (!isRouter) keysOfName.push(keys.blobFrom(name, 'b'), keys.blobTo(name, 'b'))
      for (const key of keysOfName)
        await expectAll(
          service,
          [
            ['read', 'GET', key],
            ['read', 'HGETALL', key],
            ['read', 'HMGET', key, 'size'],
            ['write', 'SADD', key, 'a'],
            ['write', 'HSET', key, 'size', '2'],
            ['write by a function', 'FCALL', 'gh_put', '1', key, '9', 'size', '2'],
            ...harmOfKey(key),
          ],
          'refused',
        )
    }
  })

  if (!isRouter)
    it('do not write an ear, the audit, an answer or anything that routers share', async () => {
      const mine = [keys.to(service), keys.answer(service)]
      for (const stream of mine) await expectAll(service, harm(stream, service).slice(0, 5), 'refused')
      for (const stream of [keys.reply('anna'), ...(service === 'audit' ? [] : [keys.audit])]) {
        await expectAll(service, reading(stream, 'audit'), 'refused')
        await expectAll(service, harm(stream, 'audit'), 'refused')
      }
      const shared = [
        keys.epoch,
        keys.rate,
        keys.seen(1),
        keys.waiting('acme'),
        keys.delayed,
        keys.delayedMessages,
      ]
      for (const key of [...shared, keys.healing])
        await expectAll(
          service,
          [
            ['write', 'HSET', key, 'a', 'b'],
            ['write', 'ZADD', key, '1', 'a'],
            ['read', 'ZRANGE', key, '0', '-1'],
            ['read', 'HGETALL', key],
            // Whoever finds its group gone says so in the epoch: that much anybody may do, and no more.
            ...harmOfKey(key).filter(([, name]) => key !== keys.epoch || name !== 'SET'),
          ],
          'refused',
        )
    })

  it('do not harm even what is its own but for speaking and settling', async () => {
    for (const stream of [keys.from(service), keys.to(service), keys.deadLetter(service)])
      await expectAll(
        service,
        [
          ['trim', 'XTRIM', stream, 'MAXLEN', '0'],
          ['brick', 'XSETID', stream, largest],
          ['destroy a group', 'XGROUP', 'DESTROY', stream, service],
          ...harmOfKey(stream),
        ],
        'refused',
      )
    const groups = keys.groups(service)
    await expectAll(service, [['forget', 'SREM', groups, 'a'], ...harmOfKey(groups)], 'refused')
  })

  it('do not move messages with functions', async () => {
    const mine = keys.to(service)
    const attempts: Attempt[] = [
      ['settle of another', ...settleOf(keys.to(other), keys.deadLetter(other), other)],
      ['bury with another', ...settleOf(mine, keys.deadLetter(other), service)],
      ['renew of another', 'FCALL', 'gh_renew', '1', keys.to(other), other, 'i', '1-1'],
      ['release of another', 'FCALL', 'gh_release', '1', keys.to(other), other, 'i', '0', '1-1', '1'],
      ['retire of another', 'FCALL', 'gh_retire', '1', keys.to(other), other, 'i'],
    ]
    const asRouter: Attempt[] = [
      ['relay own mouth', ...relayOf(keys.from(service), keys.to(other))],
      ['relay another mouth', ...relayOf(keys.from(other), mine)],
      ['relay the gateway', ...relayOf(keys.gateway, mine)],
      ['relay own streams only', 'FCALL', 'gh_relay', '3', mine, keys.deadLetter(service), mine, service, 'i', '9', '9', 'w', '1-1', '1-1', '1-1', '{}', '{}', '{}', '1', '3', '0'], // prettier-ignore
      ['let delayed go', 'FCALL', 'gh_due', '4', keys.delayed, keys.delayedMessages, keys.deadLetter('router'), mine, '9', '9', 'x'], // prettier-ignore
      [
        'heal',
        'FCALL',
        'gh_heal',
        '3',
        keys.gateway,
        keys.healing,
        keys.deadLetter('router'),
        'router',
        '1',
        '1',
        'x',
      ],
      ['admit', 'FCALL', 'gh_admit', '4', keys.seen(1), keys.seen(0), keys.seen(2), keys.rate, '1', '1', '0'],
      ['delete by settling', ...settleOf(mine, keys.deadLetter(service), service, [keys.state(other, 'a')])],
    ]
    await expectAll(
      service,
      isRouter ? attempts : [...attempts, ...asRouter.slice(0, 3), ...asRouter.slice(4)],
      'refused',
    )
    // With streams of its own alone nothing is moved either: it may not write its ear.
    if (!isRouter) {
      const before = await redis.admin.xlen(mine)
      expect((await outcomes(service, asRouter.slice(3, 4)))[0]).not.toBe('')
      expect(await redis.admin.xlen(mine)).toBe(before)
    }
  })

  it('run no code, read no names and settings, and administer nothing', () =>
    expectAll(service, administration, 'refused'))
})

describe('the credentials of clients', () => {
  it('write the gateway stream and read reply streams', () =>
    expectAll(
      'client',
      [
        ['say', 'XADD', keys.gateway, '*', 'type', 'task.get'],
        ['hear', 'XREAD', 'STREAMS', keys.reply('anna'), '0'],
        ['hear', 'XREVRANGE', keys.reply('anna'), '+', '-'],
      ],
      'done',
    ))

  it('open nothing else', async () => {
    await expectAll('client', reading(keys.gateway, 'router'), 'refused')
    // What a writer of a stream can do to it is all that is left: see the decision on the gateway stream.
    await expectAll('client', harm(keys.gateway, 'router').slice(3), 'refused')
    await expectAll('client', harm(keys.reply('anna'), 'x'), 'refused')
    for (const name of serviceNames) {
      const streams = [keys.from(name), keys.to(name), keys.answer(name), keys.deadLetter(name), keys.audit]
      for (const stream of streams) {
        await expectAll('client', reading(stream, name), 'refused')
        await expectAll('client', harm(stream, name), 'refused')
      }
      for (const key of [keys.blobFrom(name, 'b'), keys.blobTo(name, 'b'), keys.state(name, 'a')])
        await expectAll(
          'client',
          [['read', 'HGETALL', key], ['read', 'GET', key], ...harmOfKey(key)],
          'refused',
        )
    }
    const functions = ['gh_publish', 'gh_put', 'gh_relay', 'gh_settle', 'gh_renew', 'gh_release', 'gh_retire']
    const more = ['gh_due', 'gh_heal', 'gh_admit']
    await expectAll(
      'client',
      [...functions, ...more].map(
        (name) => [name, 'FCALL', name, '1', keys.gateway, '9', '{}', '{}'] as Attempt,
      ),
      'refused',
    )
    await expectAll('client', [['call without keys', 'FCALL', 'gh_publish', '0']], 'refused')
    await expectAll('client', administration, 'refused')
    await expectAll('client', [['read statistics', 'INFO', 'everything']], 'refused')
  })
})

it('lets nobody in without a user, and nobody in as the default one', async () => {
  const stranger = new Redis({ host: '127.0.0.1', port: redis.port, protocol: 2, enableReadyCheck: false })
  stranger.on('error', () => {})
  await expect(stranger.ping()).rejects.toThrow('NOAUTH')
  await expect(stranger.call('AUTH', 'default', '')).rejects.toThrow('WRONGPASS')
  stranger.disconnect()
})

it.each(users)('leaves everybody able to ask after all that %s tried', async (user: User) => {
  expect(await ask(user, ['PING'])).toBe('done')
})
