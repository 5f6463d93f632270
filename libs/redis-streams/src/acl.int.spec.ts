import { Redis } from 'ioredis'
import { serviceNames } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisUser } from './acl.file.js'
import { RedisFixture, shard } from './redis.fixture.js'
import { streamKeys } from './stream.keys.js'

const keys = streamKeys(shard)
let redis: RedisFixture
const clients = new Map<RedisUser, Redis>()

beforeAll(async () => {
  redis = await RedisFixture.start()
  for (const user of [...serviceNames, 'client'] as const)
    clients.set(
      user,
      new Redis({ ...redis.as(user), protocol: 2, enableReadyCheck: false }).on('error', () => {}),
    )
  for (const service of serviceNames) {
    for (const stream of [keys.from(service), keys.to(service)])
      await redis.admin.xgroup('CREATE', stream, service, '0', 'MKSTREAM')
    await redis.admin.xadd(keys.from(service), '*', 'event', '{}', 'data', '{}')
  }
})
afterAll(async () => {
  for (const client of clients.values()) client.disconnect()
  await redis.stop()
})

async function asks(user: RedisUser, ...command: string[]): Promise<string> {
  const [name = '', ...rest] = command
  try {
    await clients.get(user)?.call(name, ...rest)
    return 'done'
  } catch (error) {
    return (error as Error).message.startsWith('NOPERM') ? 'refused' : (error as Error).message
  }
}

describe.each(serviceNames)('the credentials of %s', (service) => {
  const others = serviceNames.filter((name) => name !== service)
  const [other = 'router'] = others

  it('open what the service needs', async () => {
    expect(await asks(service, 'XADD', keys.from(service), '*', 'event', '{}', 'data', '{}')).toBe('done')
    expect(await asks(service, 'SET', keys.state(service, 'a'), '1', 'PX', '1000')).toBe('done')
    expect(await asks(service, 'GET', keys.state(service, 'a'))).toBe('done')
    expect(await asks(service, 'SET', keys.alive(service, 'i'), '1', 'PX', '1000')).toBe('done')
    expect(
      await asks(
        service,
        'XREADGROUP',
        'GROUP',
        service,
        'i',
        'COUNT',
        '1',
        'STREAMS',
        keys.to(service),
        '>',
      ),
    ).toBe('done')
    expect(
      await asks(
        service,
        'FCALL',
        'gh_settle',
        '2',
        keys.to(service),
        keys.deadLetter(service),
        service,
        'i',
        '-',
        '+',
        '0',
      ),
    ).toBe('done')
    expect(await asks(service, 'INFO', 'memory')).toBe('done')
  })

  it('do not speak with the mouth of another', async () => {
    for (const name of others)
      expect(await asks(service, 'XADD', keys.from(name), '*', 'event', '{}')).toBe('refused')
    expect(await asks(service, 'XADD', keys.gateway, '*', 'type', 'task.submit')).toBe(
      // It puts what lay there on a fresh stream when the ids of the old one have run away.
      service === 'router' ? 'done' : 'refused',
    )
  })

  it('do not write a destination, unless it is the router', async () => {
    const expected = service === 'router' ? 'done' : 'refused'
    for (const key of [keys.to(other), keys.reply('anna'), keys.audit])
      expect(await asks(service, 'XADD', key, '*', 'event', '{}')).toBe(expected)
    if (service !== 'router')
      expect(await asks(service, 'XADD', keys.to(service), '*', 'event', '{}')).toBe('refused')
  })

  it('do not hear, trim or delete what is meant for another', async () => {
    const stream = keys.to(other)
    expect(await asks(service, 'XREADGROUP', 'GROUP', other, 'spy', 'STREAMS', stream, '>')).toBe('refused')
    expect(await asks(service, 'XREAD', 'STREAMS', stream, '0')).toBe('refused')
    expect(await asks(service, 'XRANGE', keys.reply('anna'), '-', '+')).toBe('refused')
    expect(await asks(service, 'XTRIM', stream, 'MAXLEN', '0')).toBe('refused')
    expect(await asks(service, 'XADD', stream, 'MAXLEN', '1', '*', 'a', 'b')).toBe(
      service === 'router' ? 'done' : 'refused',
    )
    expect(await asks(service, 'XDEL', stream, '1-1')).toBe('refused')
    expect(await asks(service, 'XACK', stream, other, '1-1')).toBe('refused')
    expect(await asks(service, 'XGROUP', 'DESTROY', stream, other)).toBe('refused')
    for (const key of [stream, keys.from(service), keys.audit])
      expect(await asks(service, 'DEL', key)).toBe('refused')
    expect(await asks(service, 'GET', keys.state(other, 'a'))).toBe('refused')
    expect(await asks(service, 'SET', keys.alive(other, 'i'), '1')).toBe('refused')
  })

  it('do not move messages with the functions of another', async () => {
    expect(
      await asks(
        service,
        'FCALL',
        'gh_settle',
        '2',
        keys.to(other),
        keys.deadLetter(other),
        other,
        'i',
        '-',
        '+',
        '0',
      ),
    ).not.toBe('done')
    expect(
      await asks(
        service,
        'FCALL',
        'gh_relay',
        '3',
        keys.from(service),
        keys.audit,
        keys.to(other),
        'router',
        'i',
        '9',
        '9',
        'w',
        '-',
        '+',
      ),
    ).toBe(service === 'router' ? 'done' : 'refused')
  })

  it('run no code, read no names and settings, and administer nothing', async () => {
    for (const command of [
      ['EVAL', 'return 1', '0'],
      ['FUNCTION', 'LOAD', 'REPLACE', '#!lua name=x\nredis.register_function("x", function() return 1 end)'],
      ['FUNCTION', 'DELETE', 'guildhall'],
      ['SCRIPT', 'LOAD', 'return 1'],
      ['KEYS', '*'],
      ['SCAN', '0'],
      ['CONFIG', 'GET', '*'],
      ['CONFIG', 'SET', 'maxmemory', '1'],
      ['ACL', 'LIST'],
      ['ACL', 'SETUSER', service, '+@all'],
      ['FLUSHALL'],
      ['CLIENT', 'LIST'],
      ['CLIENT', 'KILL', 'TYPE', 'normal'],
      ['SHUTDOWN', 'NOSAVE'],
      ['MONITOR'],
      ['SUBSCRIBE', 'x'],
    ])
      expect(`${command.join(' ')}: ${await asks(service, ...command)}`).toBe(`${command.join(' ')}: refused`)
  })
})

describe('the credentials of clients', () => {
  it('write the gateway stream and read reply streams', async () => {
    expect(await asks('client', 'XADD', keys.gateway, '*', 'type', 'task.get')).toBe('done')
    expect(await asks('client', 'XREAD', 'STREAMS', keys.reply('anna'), '0')).toBe('done')
    expect(await asks('client', 'XREVRANGE', keys.reply('anna'), '+', '-')).toBe('done')
  })

  it('open nothing else', async () => {
    expect(await asks('client', 'XREAD', 'STREAMS', keys.gateway, '0')).toBe('refused')
    expect(await asks('client', 'XRANGE', keys.audit, '-', '+')).toBe('refused')
    expect(await asks('client', 'XADD', keys.reply('anna'), '*', 'a', 'b')).toBe('refused')
    expect(await asks('client', 'XADD', keys.to('executor'), '*', 'a', 'b')).toBe('refused')
    expect(await asks('client', 'XTRIM', keys.gateway, 'MAXLEN', '0')).toBe('refused')
    expect(await asks('client', 'DEL', keys.gateway)).toBe('refused')
    expect(await asks('client', 'FCALL', 'gh_retire', '1', keys.gateway, 'router', 'i')).toBe('refused')
  })
})

it('lets nobody in without a user', async () => {
  const stranger = new Redis({ host: '127.0.0.1', port: redis.port, protocol: 2, enableReadyCheck: false })
  stranger.on('error', () => {})
  await expect(stranger.ping()).rejects.toThrow('NOAUTH')
  stranger.disconnect()
})
