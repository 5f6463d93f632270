import { describe, expect, it } from 'vitest'
import { causedBy, createEnvelope, messageIdForEntry, newId, taskIdFor } from './envelope.js'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[57][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('an envelope', () => {
  it('has the attributes of CloudEvents, a new id and the time of its making', () => {
    const before = Date.now()
    const { header, data } = createEnvelope('task.get', { a: 'ü' }, '/clients/anna', { tenant: 't' })
    expect(header).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(uuid),
      type: 'task.get',
      source: '/clients/anna',
      time: new Date(header.time).toISOString(),
      datacontenttype: 'application/json',
      tenant: 't',
    })
    expect(Date.parse(header.time)).toBeGreaterThanOrEqual(before)
    expect(JSON.parse(data)).toEqual({ a: 'ü' })
  })

  it('carries every optional attribute that its origin gives, and none that is absent', () => {
    const origin = {
      tenant: 't',
      subject: 's',
      replyto: 'anna',
      correlationid: 'c',
      causationid: 'd',
      expirytime: '2030-01-01T00:00:00Z',
      idempotencykey: 'k',
      traceparent,
      tracestate: 'a=b',
    }
    const id = newId()
    expect(createEnvelope('x.y', {}, '/services/router', origin, id).header).toMatchObject({ ...origin, id })
    const { header } = createEnvelope('x.y', {}, '/services/router', { tenant: 't', subject: undefined })
    expect(Object.keys(header)).not.toContain('subject')
  })

  it('takes nothing but the known attributes from its origin', () => {
    const origin = { tenant: 't', id: 'mine', source: '/services/router', authorization: 'Bearer secret' }
    const { header } = createEnvelope('x.y', {}, '/services/executor', origin)
    expect(header.source).toBe('/services/executor')
    expect(header.id).not.toBe('mine')
    expect(header).not.toHaveProperty('authorization')
  })
})

describe('the origin of what a message causes', () => {
  it('is its task, tenant and client, and the message itself', () => {
    const { header } = createEnvelope('task.get', {}, '/clients/anna', {
      tenant: 't',
      subject: 's',
      replyto: 'anna',
      idempotencykey: 'k',
      expirytime: '2030-01-01T00:00:00Z',
      causationid: 'earlier',
      traceparent,
    })
    expect(causedBy(header)).toEqual({ tenant: 't', subject: 's', replyto: 'anna', causationid: header.id })
  })
})

describe('ids', () => {
  it('of messages are unique and sorted by the time they were made', () => {
    const ids = Array.from({ length: 1000 }, newId)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  it('of tasks are the same for the same tenant and key, and for nothing else', () => {
    const id = taskIdFor('acme', 'order-1')
    expect(id).toMatch(uuid)
    expect(taskIdFor('acme', 'order-1')).toBe(id)
    expect(taskIdFor('acme', 'order-2')).not.toBe(id)
    expect(taskIdFor('other', 'order-1')).not.toBe(id)
    // Where the tenant ends is clear: no tenant's key reaches into another tenant.
    expect(taskIdFor('acm', 'eorder-1')).not.toBe(id)
  })

  it('of gateway entries are the same each time the entry is read, and differ between shards', () => {
    const id = messageIdForEntry('gh:{0}:gateway', '1700000000000-0')
    expect(id).toMatch(uuid)
    expect(messageIdForEntry('gh:{0}:gateway', '1700000000000-0')).toBe(id)
    expect(messageIdForEntry('gh:{0}:gateway', '1700000000000-1')).not.toBe(id)
    expect(messageIdForEntry('gh:{1}:gateway', '1700000000000-0')).not.toBe(id)
  })

  it('of a released version stay as they are: tasks and entries are found by them', () => {
    expect(taskIdFor('acme', 'order-1')).toBe('65ad97b3-1223-52d0-98ec-302952c62533')
    expect(messageIdForEntry('gh:{0}:gateway', '1-0')).toBe('d5bb699a-89bc-57d4-85f1-7a624d1c81e4')
  })
})
