import type { AuditEntry } from '@guildhall/redis-streams'
import { describe, expect, it } from 'vitest'
import { recordOf } from './audit.record.js'

const taskId = '0198c0de-0000-7000-8000-00000000beef'
const entry: AuditEntry = {
  shard: 'main',
  entryId: '1763800000000-1',
  event: '',
  stampText: '',
  header: {
    specversion: '1.0',
    id: '0198C0DE-0000-7000-8000-000000000001',
    type: 'task.submit',
    source: '/clients/anna',
    subject: taskId,
    time: '2025-11-22T08:00:00.000Z',
    datacontenttype: 'application/json',
    tenant: 'acme',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  },
  data: '{"goal":"é"}',
  stamp: {
    verdict: 'allowed',
    at: '2025-11-22T08:00:00.123Z',
    router: 'router-1',
    policy: '1',
    heardOn: 'gateway',
    deliveredTo: ['to:task-scheduler'],
  },
}
const changed = (header: object, stamp: object = {}): AuditEntry => ({
  ...entry,
  header: { ...entry.header, ...header },
  stamp: { ...entry.stamp, ...stamp },
})

describe('an audit record', () => {
  it('is what an entry is found by', () => {
    expect(recordOf(entry)).toEqual({
      entryId: '1763800000000-1@main',
      messageId: '0198c0de-0000-7000-8000-000000000001',
      verdict: 'allowed',
      code: null,
      taskId,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      tenant: 'acme',
      at: new Date('2025-11-22T08:00:00.123Z'),
    })
  })

  it('cuts what is too long for its column and leaves out what is no id', () => {
    const record = recordOf(
      changed(
        { subject: 'no task', tenant: 't'.repeat(500), traceparent: 'none' },
        { code: 'c'.repeat(500) },
      ),
    )
    expect(record).toMatchObject({
      tenant: 't'.repeat(100),
      code: 'c'.repeat(100),
      taskId: null,
      traceId: null,
    })
  })

  it('takes the time of the entry when the verdict has none', () => {
    const at = new Date(1763800000000)
    expect(recordOf(changed({}, { at: 'yesterday' })).at).toEqual(at)
    expect(recordOf(changed({}, { at: '+012345-01-01T00:00:00Z' })).at).toEqual(at)
  })

  it.each([
    ['a message id that is no UUID', changed({ id: 'x'.repeat(300) })],
    ['a verdict that is none', changed({}, { verdict: 'maybe' })],
  ])('is nobody’s of an entry with %s', (_, poison) => {
    expect(recordOf(poison)).toMatchObject({ tenant: 'unknown', taskId: null, traceId: null })
    expect(recordOf(poison).messageId).toMatch(/^[0-9a-f-]{36}$/)
    expect(recordOf(poison).verdict).toMatch(/^(allowed|denied)$/)
  })

  it('tells the entries of two shards apart, however long their names', () => {
    const keys = ['0', 'a', 'a shard with a long name', 'another shard with a long name'].map(
      (shard) => recordOf({ ...entry, shard }).entryId,
    )
    expect(new Set(keys).size).toBe(4)
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThanOrEqual(40)
  })
})
