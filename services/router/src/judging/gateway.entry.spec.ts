import { type ClientIdentity, messageIdForEntry, newId, taskIdFor } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { type EntryFields, repeatedField } from '@guildhall/redis-streams'
import { headerOfEntry, mayHaveLostBytes, problemOfFields, subjectOf } from './gateway.entry.js'

const gateway = 'gh:{0}:gateway'
const madeMs = Date.parse('2026-01-01T12:00:00.123Z')
const entryId = `${madeMs}-0`
const anna: ClientIdentity = { id: 'anna', tenant: 'acme', roles: ['submitter'] }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

const headerOf = (fields: EntryFields, o: { client?: ClientIdentity | undefined; id?: string } = {}) =>
  headerOfEntry(gateway, o.id ?? entryId, fields, 'client' in o ? o.client : anna, madeMs + 60_000)

describe('the fields of a gateway entry', () => {
  const good = { type: 'task.get', data: '{}' }

  it('are type and data, and what else is known', () => {
    expect(problemOfFields(good)).toBeUndefined()
    expect(
      problemOfFields({
        ...good,
        id: newId(),
        idempotencykey: 'k'.repeat(255),
        traceparent,
        expirytime: '2026-01-01T12:00:00+02:00',
      }),
    ).toBeUndefined()
  })

  it.each([
    [{}, 'the field type is missing'],
    [{ data: '{}' }, 'the field type is missing'],
    [{ ...good, type: '' }, 'the field type is missing'],
    [{ ...good, source: '/services/router' }, 'there is no field "source" for a client to set'],
    [{ ...good, event: '{}' }, 'there is no field "event" for a client to set'],
    [{ ...good, stamp: '{}' }, 'there is no field "stamp" for a client to set'],
    [{ ...good, tenant: 'other' }, 'there is no field "tenant" for a client to set'],
    [{ ...good, ['__proto__']: '{}' }, 'there is no field "__proto__" for a client to set'],
    [{ ...good, constructor: 'x' }, 'there is no field "constructor" for a client to set'],
    [{ ...good, [repeatedField]: 'data' }, 'the field data is there more than once'],
    [{ ...good, tracestate: 'x'.repeat(513) }, 'the field tracestate must have at most 512 characters'],
    [{ type: 'task.get' }, 'the field data is missing: give the payload as JSON, {} when it is empty'],
    [{ ...good, id: 'mine' }, 'the field id must be a UUID, or be left out'],
    [
      { ...good, idempotencykey: 'k'.repeat(256) },
      'the field idempotencykey must have at most 255 characters',
    ],
    [
      { ...good, traceparent: '00-1-2-3' },
      'the field traceparent must be a W3C trace context, or be left out',
    ],
    [{ ...good, expirytime: 'tomorrow' }, 'the field expirytime must be an RFC 3339 time, or be left out'],
    // Times of ISO 8601 that nothing here can compare: they would never expire.
    [{ ...good, expirytime: '2026-W01-1' }, 'the field expirytime must be an RFC 3339 time, or be left out'],
    [
      { ...good, expirytime: '2026-06-30T23:59:60Z' },
      'the field expirytime must be an RFC 3339 time, or be left out',
    ],
  ])('are refused in words: %j', (fields, problem) => {
    expect(problemOfFields(fields as EntryFields)).toBe(problem)
  })
})

describe('the header of a gateway entry', () => {
  it('names the client that the credential proved and when Redis took the entry', () => {
    const id = newId()
    expect(headerOf({ type: 'task.list', id, authorization: 'Bearer secret', data: '{}' })).toEqual({
      specversion: '1.0',
      id,
      type: 'task.list',
      source: '/clients/anna',
      time: '2026-01-01T12:00:00.123Z',
      datacontenttype: 'application/json',
      tenant: 'acme',
      replyto: 'anna',
    })
  })

  it('takes nothing of what the entry claims to be, and no credential', () => {
    const header = headerOf({
      type: 'task.list',
      authorization: 'Bearer secret',
      source: '/services/router',
      tenant: 'other',
      replyto: 'eve',
      subject: newId(),
      correlationid: newId(),
      causationid: newId(),
      event: '{"tenant":"other"}',
    })
    expect(header).toMatchObject({ source: '/clients/anna', tenant: 'acme', replyto: 'anna' })
    for (const name of ['authorization', 'subject', 'correlationid', 'causationid', 'event']) {
      expect(header).not.toHaveProperty(name)
    }
  })

  it('takes the key, the trace and the expiry', () => {
    const taken = {
      idempotencykey: 'k',
      traceparent,
      tracestate: 'a=b',
      expirytime: '2030-01-01T00:00:00Z',
    }
    expect(headerOf({ type: 'task.list', ...taken })).toMatchObject(taken)
  })

  it('has the same id each time the entry is read, and another one for another entry', () => {
    expect(headerOf({ type: 'task.list' }).id).toBe(messageIdForEntry(gateway, entryId))
    expect(headerOf({ type: 'task.list' }, { id: `${madeMs}-1` }).id).not.toBe(
      messageIdForEntry(gateway, entryId),
    )
    const id = newId()
    expect(headerOf({ type: 'task.list', id: id.toUpperCase() }).id).toBe(id)
    expect(headerOf({ type: 'task.list', id: 'no id' }).id).toBe(messageIdForEntry(gateway, entryId))
  })

  it('has a time though the entry has an id of its own far in the future', () => {
    for (const id of ['18446744073709551615-1', '8640000000000001-0', `${madeMs + 3_600_000}-0`]) {
      expect(headerOf({ type: 'task.list' }, { id }).time).toBe('2026-01-01T12:01:00.123Z')
    }
    expect(headerOf({ type: 'task.list' }, { id: '0-1' }).time).toBe('1970-01-01T00:00:00.000Z')
  })

  it('of an unknown sender has no tenant of anybody, nobody to answer to, and no link to anything', () => {
    const header = headerOf(
      { type: 'x'.repeat(1000), tracestate: 'a=b', traceparent, idempotencykey: 'k' },
      { client: undefined },
    )
    expect(header).toEqual({
      specversion: '1.0',
      id: messageIdForEntry(gateway, entryId),
      type: 'x'.repeat(100),
      source: '/clients/unknown',
      time: '2026-01-01T12:00:00.123Z',
      datacontenttype: 'application/json',
      tenant: 'unknown',
    })
    for (const fields of [{}, { type: '' }]) {
      expect(headerOf(fields, { client: undefined }).type).toBe('unknown')
    }
  })
})

describe('the subject of a message of a client', () => {
  const subject = (fields: EntryFields, payload: Record<string, unknown> = {}, client = anna) =>
    subjectOf(headerOf(fields, { client }), payload)

  it('is the task that the key makes, within the tenant, when a task is handed in', () => {
    const submit = { type: 'task.submit', idempotencykey: 'order-1' }
    expect(subject(submit)).toBe(taskIdFor('acme', 'order-1'))
    expect(subject(submit, {}, { ...anna, tenant: 'other' })).toBe(taskIdFor('other', 'order-1'))
    const id = newId()
    expect(subject({ type: 'task.submit', id })).toBe(taskIdFor('acme', id))
    // A payload does not choose the task.
    expect(subject(submit, { taskId: newId() })).toBe(taskIdFor('acme', 'order-1'))
  })

  it('is the task that the payload names, if it names one', () => {
    const taskId = newId()
    expect(subject({ type: 'task.get' }, { taskId })).toBe(taskId)
    for (const none of [{}, { taskId: 'x' }, { taskId: 7 }, { taskId: [taskId] }]) {
      expect(subject({ type: 'task.get' }, none)).toBeUndefined()
    }
  })
})

describe('a field that holds the replacement character', () => {
  it('may have lost bytes', () => {
    expect(mayHaveLostBytes({ type: 'x', data: '{"goal":"über"}' })).toBe(false)
    expect(mayHaveLostBytes({ type: 'x', data: '{"goal":"\ufffd"}' })).toBe(true)
    expect(mayHaveLostBytes({ type: 'x', data: '{}', idempotencykey: 'a\ufffd' })).toBe(true)
  })
})
