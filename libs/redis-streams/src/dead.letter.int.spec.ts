import { TerminalError } from '@guildhall/contracts'
import { Command } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import type { DeadLetterError } from './dead.letter.js'
import { type RedisFixture, until } from './redis.fixture.js'

let redis: RedisFixture
let bus: Bus

useBus((...made) => ([bus, redis] = made))

const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x0d, 0x0a, 0xc3, 0x28, 0x80])

/** The strings of the only dead letter, as bytes, and its error. */
async function onlyLetter(
  service: 'router' | 'executor',
): Promise<{ flat: Buffer[]; error: DeadLetterError }> {
  await until(async () => (await redis.admin.xlen(bus.keys.deadLetter(service))) === 1)
  const [[, flat]] = (await redis.admin.xrangeBuffer(bus.keys.deadLetter(service), '-', '+')) as [
    [Buffer, Buffer[]],
  ]
  expect(flat.at(-2)?.toString()).toBe('error')
  return { flat: flat.slice(0, -2), error: JSON.parse(String(flat.at(-1))) as DeadLetterError }
}

function unpackNetstrings(packed: Buffer): Buffer[] {
  const strings: Buffer[] = []
  for (let at = 0; at < packed.length;) {
    const colon = packed.indexOf(':', at)
    const end = colon + 1 + Number(packed.subarray(at, colon))
    strings.push(packed.subarray(colon + 1, end))
    at = end + 1
  }
  return strings
}

async function refuseAll() {
  await bus.relay({ decide: () => Promise.reject(new TerminalError('unreadable', 'no way')) })
}

describe('a dead letter', () => {
  it('has the bytes of what could not be handled, also where they are no UTF-8 and a field is there twice', async () => {
    await bus.server('executor', {})
    const flat = ['event', bytes, 'data', bytes, bytes, 'x', 'data', 'again', 'error', 'its own', '', '']
    const entryId = await redis.admin.xadd(bus.keys.to('executor'), '*', ...flat)
    const letter = await onlyLetter('executor')
    expect(letter.flat).toEqual(flat.map((part) => Buffer.from(part)))
    const stream = bus.keys.to('executor')
    expect(letter.error).toMatchObject({ code: 'invalid-entry', service: 'executor', stream, entryId })
    expect(await redis.admin.xlen(stream)).toBe(0)
  })

  it('of the relay leaves out credentials: in bytes, twice, in capitals', async () => {
    await refuseAll()
    const secrets = ['authorization', bytes, 'AUTHORIZATION', 'secret', 'authorization', 'Bearer secret']
    const flat = ['type', 'x', ...secrets, 'data', bytes]
    const entryId = await redis.admin.xadd(bus.keys.gateway, '*', ...flat)
    const letter = await onlyLetter('router')
    expect(letter.flat).toEqual(['type', 'x', 'data', bytes].map((part) => Buffer.from(part)))
    const stream = bus.keys.gateway
    expect(letter.error).toMatchObject({ code: 'unreadable', service: 'router', stream, entryId })
    expect(await redis.admin.xlen(stream)).toBe(0)
  })

  it('holds an entry of 100,000 fields in one', async () => {
    await refuseAll()
    const flat: (string | Buffer)[] = []
    for (let n = 0; n < 100_000; n += 1) flat.push(`f${n}`, Buffer.concat([bytes, Buffer.from(`${n}`)]))
    const entry = [bus.keys.gateway, '*', 'authorization', 'secret', ...flat]
    await redis.admin.sendCommand(new Command('XADD', entry))
    const letter = await onlyLetter('router')
    expect(letter.flat).toHaveLength(2)
    expect(String(letter.flat[0])).toBe('netstrings')
    const strings = unpackNetstrings(letter.flat[1] as Buffer)
    const isSame = strings.every((part, index) => part.equals(Buffer.from(flat[index] as string)))
    expect([strings.length, isSame]).toEqual([200_000, true])
  })

  it('is not made of an entry that another consumer took over', async () => {
    let fail = () => {}
    const failed = new Promise<void>((resolve) => (fail = resolve))
    let began = 0
    await bus.server('executor', {
      'test.work': async () => {
        began += 1
        await failed
        throw new TerminalError('no', 'no')
      },
    })
    await bus.deliver('executor', say('test.work', {}, 'router'))
    await until(() => began === 1)
    const [[id] = ['']] = (await redis.admin.xrange(bus.keys.to('executor'), '-', '+')) as [
      string,
      string[],
    ][]
    await redis.admin.xclaim(bus.keys.to('executor'), 'executor', 'other', 0, id)
    fail()
    await bus.stop()
    expect(await redis.admin.xlen(bus.keys.deadLetter('executor'))).toBe(0)
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(1)
  })

  it('waits, with its entry, while its own stream cannot be written, which is logged once for all that wait', async () => {
    await redis.admin.set(bus.keys.deadLetter('executor'), 'in the way')
    await bus.server('executor', {})
    await bus.deliver('executor', ...[1, 2, 3].map((n) => say('test.unheard', { n }, 'router')))
    const failures = () => bus.logged.filter(({ message }) => message.startsWith('Settling failed'))
    await until(() => failures().length > 0)
    expect(await redis.admin.xlen(bus.keys.to('executor'))).toBe(3)
    await redis.admin.del(bus.keys.deadLetter('executor'))
    await until(() => bus.isSettled('executor'))
    const letters = await bus.deadLetters('executor')
    expect(letters.map(({ error }) => error.code)).toEqual(Array(3).fill('unknown-type'))
    expect(failures()).toHaveLength(1)
  })
})
