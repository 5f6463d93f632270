import { randomUUID } from 'node:crypto'
import { type EventHeader, newId, refusalCodes, type Stamp } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RouterFixture } from './router.fixture.js'

const token = randomUUID()
const authorization = `Bearer ${token}`
let fixture: RouterFixture

beforeAll(async () => {
  fixture = await RouterFixture.start([{ id: 'anna', roles: ['submitter'], token }])
})
afterAll(() => fixture?.stop())

type Flat = (string | Buffer)[]
const submit = (data: string | Buffer, more: Flat = []): Flat => [
  'type',
  'task.submit',
  'data',
  data,
  ...more,
]
const notUtf8 = Buffer.from([0x22, 0xc3, 0x28, 0xff, 0xfe, 0x22])
const goalOf = (bytes: Buffer) => Buffer.concat([Buffer.from('{"goal":'), bytes, Buffer.from('}')])
const mega = 1024 * 1024

/** What a known client gets for it, and in which words. */
const malformed: [string, keyof typeof refusalCodes, string, () => Flat][] = [
  [
    'binary data',
    'invalid',
    'is no JSON object',
    () => submit(Buffer.from(Array.from({ length: 256 }, (_, n) => n))),
  ],
  ['an empty payload', 'invalid', 'is no JSON object', () => submit('')],
  ['an empty type', 'invalid', 'the field type is missing', () => ['type', '', 'data', '{}']],
  ['no data', 'invalid', 'the field data is missing', () => ['type', 'task.list']],
  ['no known field', 'invalid', 'there is no field "a"', () => ['a', 'b']],
  ['a field without a name', 'invalid', 'there is no field ""', () => submit('{"goal":"x"}', ['', ''])],
  [
    '10 MB of payload',
    'too-large',
    'the payload has 10485771 bytes',
    () => submit(`{"goal":"${'x'.repeat(10 * mega)}"}`),
  ],
  [
    '10 MB in another field',
    'invalid',
    'idempotencykey',
    () => submit('{"goal":"x"}', ['idempotencykey', 'x'.repeat(10 * mega)]),
  ],
  [
    '10 MB of type',
    'unknown-type',
    'there is no message',
    () => ['type', 'x'.repeat(10 * mega), 'data', '{}'],
  ],
  [
    '100,000 fields',
    'invalid',
    'there is no field',
    () =>
      submit(
        '{"goal":"x"}',
        Array.from({ length: 200_000 }, (_, n) => `f${n}`),
      ),
  ],
  [
    'invalid UTF-8 in a string of the payload',
    'invalid',
    'the fields must be UTF-8',
    () => submit(goalOf(notUtf8)),
  ],
  [
    'invalid UTF-8 in a key',
    'invalid',
    'the fields must be UTF-8',
    () => submit('{"goal":"x"}', ['idempotencykey', notUtf8]),
  ],
  [
    'a surrogate in UTF-8',
    'invalid',
    'the fields must be UTF-8',
    () => submit(goalOf(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))),
  ],
  ['half a surrogate pair', 'invalid', 'half a surrogate pair', () => submit('{"goal":"\\ud800"}')],
  [
    'a field __proto__',
    'invalid',
    'there is no field "__proto__"',
    () => submit('{"goal":"x"}', ['__proto__', '{"type":"x"}']),
  ],
  [
    'a field constructor',
    'invalid',
    'there is no field "constructor"',
    () => submit('{"goal":"x"}', ['constructor', 'x']),
  ],
  [
    '__proto__ in the payload',
    'invalid',
    'a property __proto__',
    () => submit('{"goal":"x","inputs":{"__proto__":{"admin":true}}}'),
  ],
  [
    'constructor.prototype in the payload',
    'invalid',
    'constructor.prototype',
    () => submit('{"goal":"x","inputs":{"constructor":{"prototype":{"a":1}}}}'),
  ],
  [
    'an unknown type',
    'unknown-type',
    "no message of type '__proto__'",
    () => ['type', '__proto__', 'data', '{}'],
  ],
  [
    'a forged source',
    'invalid',
    'there is no field "source"',
    () => submit('{"goal":"x"}', ['source', '/services/executor']),
  ],
  [
    'a forged header',
    'invalid',
    'there is no field "event"',
    () => submit('{"goal":"x"}', ['event', '{"tenant":"other"}']),
  ],
  [
    'a forged stamp',
    'invalid',
    'there is no field "stamp"',
    () => submit('{"goal":"x"}', ['stamp', '{"verdict":"allowed"}']),
  ],
  [
    'a forged tenant',
    'invalid',
    'there is no field "tenant"',
    () => submit('{"goal":"x"}', ['tenant', 'other']),
  ],
  [
    'the payload twice',
    'invalid',
    'the field data is there more than once',
    () => submit('{"goal":"x"}', ['data', '{"goal":"y"}']),
  ],
  [
    'deep nesting',
    'invalid',
    'nested deeper than 100 levels',
    () => submit(`{"goal":"x","inputs":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`),
  ],
  ['unclosed nesting', 'invalid', 'is no JSON object', () => submit('['.repeat(50_000))],
  [
    'a thousand wrong properties',
    'invalid',
    'should not exist',
    () => submit(`{"goal":"x",${Array.from({ length: 1_000 }, (_, n) => `"p${n}":1`).join(',')}}`),
  ],
  [
    'a number that is no time',
    'invalid',
    'RFC 3339',
    () => submit('{"goal":"x"}', ['expirytime', '99999999999999999999']),
  ],
]

const auditOf = (id: string) => fixture.arrived(fixture.keys.audit, ({ header }) => header.id === id)

describe('a malformed entry of a known client', () => {
  it.each(malformed)(
    'with %s is refused as %s in words, audited briefly, and harms no neighbour',
    async (what, code, words, flat) => {
      const before = await fixture.say('anna', 'task.list', {})
      const id = newId()
      await fixture.addFlat(fixture.keys.gateway, [...flat(), 'id', id, 'authorization', authorization])
      const sentAt = performance.now()
      const after = await fixture.say('anna', 'task.list', {})
      for (const neighbour of [before, after])
        await fixture.arrived(fixture.keys.to('task-scheduler'), ({ header }) => header.id === neighbour)
      expect(performance.now() - sentAt).toBeLessThan(5_000)

      const { data } = await fixture.arrived(
        fixture.keys.reply('anna'),
        ({ header }) => header.correlationid === id,
      )
      const refusal = JSON.parse(data) as { code: string; message: string; retryable: boolean }
      expect(refusal).toMatchObject({ code, retryable: false, message: expect.stringContaining(words) })
      const record = await auditOf(id)
      expect(record).toMatchObject({
        header: { source: '/clients/anna', tenant: 'acme' },
        stamp: { verdict: 'denied', code, heardOn: 'gateway', deliveredTo: [] },
      })
      // As much as a message may have by default, and its header.
      expect(sizeOf(record)).toBeLessThan(70_000)
      expect(JSON.stringify(record)).not.toContain(token)
      const heard = await fixture.on(fixture.keys.to('task-scheduler'))
      expect(
        heard.map(({ header }) => header.id),
        what,
      ).not.toContain(id)
    },
  )

  it('is known by its entry when it names no id that is one', async () => {
    const entryId = await fixture.addFlat(fixture.keys.gateway, ['authorization', authorization, 'id', '1'])
    const heard = ({ header }: { header: EventHeader }) =>
      Math.abs(Date.parse(header.time) - Number.parseInt(entryId, 10)) < 1
    const record = await fixture.arrived(fixture.keys.audit, heard)
    expect(record.stamp).toMatchObject({ verdict: 'denied', code: 'invalid' })
  })

  it('that only holds the replacement character itself is carried', async () => {
    const id = await fixture.say('anna', 'task.submit', { goal: 'what does \ufffd mean?' })
    const { data } = await fixture.arrived(
      fixture.keys.to('task-scheduler'),
      ({ header }) => header.id === id,
    )
    expect(JSON.parse(data)).toEqual({ goal: 'what does \ufffd mean?' })
  })
})

describe('an entry without a credential', () => {
  it.each(malformed)(
    'with %s is audited as of nobody, parsed by nobody and answered to nobody',
    async (_, __, ___, flat) => {
      const id = newId()
      const answers = await fixture.redis.xlen(fixture.keys.reply('anna'))
      await fixture.addFlat(fixture.keys.gateway, [...flat(), 'id', id])
      const record = await auditOf(id)
      expect(record.data).toBe('')
      expect(record.header).toMatchObject({ source: '/clients/unknown', tenant: 'unknown' })
      expect(record.stamp).toMatchObject({ verdict: 'denied', code: 'unauthenticated', deliveredTo: [] })
      expect(sizeOf(record)).toBeLessThan(2_000)
      expect(await fixture.redis.xlen(fixture.keys.reply('anna'))).toBe(answers)
    },
  )

  it('is linked to no task and no trace of anybody', async () => {
    const id = newId()
    await fixture.add(fixture.keys.gateway, {
      type: 'task.cancel',
      data: JSON.stringify({ taskId: newId() }),
      id,
      idempotencykey: 'order-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      authorization: `Bearer ${randomUUID()}`,
    })
    const { header } = await auditOf(id)
    for (const name of ['subject', 'idempotencykey', 'traceparent', 'replyto'])
      expect(header).not.toHaveProperty(name)
  })
})

// Last: Redis makes no smaller id on this stream ever after.
describe('an entry with an id of its own, far in the future', () => {
  it('is carried like any other', async () => {
    const id = newId()
    const fields = { type: 'task.list', data: '{}', id, authorization }
    await fixture.add(fixture.keys.gateway, fields, '9007199254740991-1')
    const { header } = await fixture.arrived(
      fixture.keys.to('task-scheduler'),
      (message) => message.header.id === id,
    )
    expect(Math.abs(Date.parse(header.time) - Date.now())).toBeLessThan(60_000)
    const next = await fixture.say('anna', 'task.list', {})
    await fixture.arrived(fixture.keys.to('task-scheduler'), (message) => message.header.id === next)
  })
})

function sizeOf(record: { header: EventHeader; data: string; stamp?: Stamp }): number {
  return Buffer.byteLength(JSON.stringify(record.header) + record.data + JSON.stringify(record.stamp))
}
