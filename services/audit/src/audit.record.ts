import { hash } from 'node:crypto'
import { traceIdOf } from '@guildhall/contracts'
import type { AuditEntry } from '@guildhall/redis-streams'
import type { AuditRecord } from './audit-record.entity.js'

export type NewRecord = Omit<AuditRecord, 'seq'>

/** The type of a record whose entry could not be understood; its `data` is the entry's whole text. */
export const unreadable = 'unreadable'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const traceId = /^[0-9a-f]{32}$/
const noId = '00000000-0000-0000-0000-000000000000'

/**
 * The record of an entry. Header and payload are kept as they came; what is only there to be searched for is cut to its
 * column, so that no message can keep itself out of the audit by an overlong attribute.
 */
export function recordOf(entry: AuditEntry): NewRecord {
  const { header, data, stamp } = entry
  if (!uuid.test(header.id) || !isVerdict(stamp.verdict)) return unreadableRecord(entry)
  const trace = traceIdOf(header)
  return {
    entryId: entryKey(entry),
    messageId: header.id.toLowerCase(),
    type: header.type.slice(0, 100),
    source: header.source.slice(0, 200),
    deliveredTo: stamp.deliveredTo,
    verdict: stamp.verdict,
    code: cut(stamp.code, 100),
    reason: cut(stamp.reason, 1000),
    taskId: header.subject && uuid.test(header.subject) ? header.subject.toLowerCase() : null,
    traceId: trace && traceId.test(trace) ? trace : null,
    tenant: cut(header.tenant, 100),
    at: timeOf(entry),
    header,
    ...content(data),
  }
}

/** The record of an entry that fits no other form: nothing of it is lost, and nothing of it is in the way. */
export function unreadableRecord(entry: AuditEntry): NewRecord {
  const { header, data, stamp } = entry
  return {
    entryId: entryKey(entry),
    messageId: uuid.test(header.id) ? header.id.toLowerCase() : noId,
    type: unreadable,
    source: unreadable,
    deliveredTo: [],
    verdict: isVerdict(stamp.verdict) ? stamp.verdict : 'denied',
    code: null,
    reason: 'the entry does not have the form of an audit entry; its whole text is kept as data',
    taskId: null,
    traceId: null,
    tenant: 'unknown',
    at: timeOf(entry),
    header: {},
    ...content(JSON.stringify({ event: header, data, stamp })),
  }
}

function entryKey({ shard, entryId }: AuditEntry): string {
  return `${entryId}@${/^[\w.-]{1,12}$/.test(shard) ? shard : sha256(shard).slice(0, 12)}`
}

function content(data: string) {
  return { data, dataSha256: sha256(data), dataBytes: Buffer.byteLength(data) }
}

function sha256(text: string): string {
  return hash('sha256', text)
}

function timeOf({ entryId, stamp }: AuditEntry): Date {
  const at = new Date(stamp.at)
  // Outside of these years the column refuses it.
  const isSensible = at.getUTCFullYear() >= 2000 && at.getUTCFullYear() < 3000
  return isSensible ? at : new Date(Number(entryId.split('-')[0]))
}

function isVerdict(value: unknown): value is 'allowed' | 'denied' {
  return value === 'allowed' || value === 'denied'
}

function cut(text: unknown, length: number): string | null {
  return typeof text === 'string' ? text.slice(0, length) : null
}
