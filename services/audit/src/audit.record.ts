import { hash } from 'node:crypto'
import type { AuditEntry } from '@guildhall/redis-streams'
import type { AuditRecord } from './audit-record.entity.js'

export type NewRecord = Omit<AuditRecord, 'seq' | 'blockId' | 'blockPosition'>

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const traceParent = /^[0-9a-f]{2}-([0-9a-f]{32})-/
const noId = '00000000-0000-0000-0000-000000000000'

/**
 * The record of an entry, which itself is kept as it came. What it is found by is cut to its column, and left out where it
 * has another form: the database takes every record, so that no message can keep itself and others out of the audit. An
 * entry without a message id or a verdict is nobody's.
 */
export function recordOf(entry: AuditEntry): NewRecord {
  const { header, stamp } = entry
  if (!uuid.test(header.id) || !isVerdict(stamp.verdict)) return nobodysRecord(entry)
  return {
    entryId: entryKey(entry),
    messageId: header.id.toLowerCase(),
    verdict: stamp.verdict,
    code: cut(stamp.code, 100),
    taskId: header.subject && uuid.test(header.subject) ? header.subject.toLowerCase() : null,
    traceId: traceIdOf(header.traceparent),
    tenant: cut(header.tenant, 100),
    at: timeOf(entry),
  }
}

/** Of an entry by which nothing else is known: it is listed with the refusals of senders nobody knows. */
function nobodysRecord(entry: AuditEntry): NewRecord {
  const { header, stamp } = entry
  return {
    entryId: entryKey(entry),
    messageId: uuid.test(header.id) ? header.id.toLowerCase() : noId,
    verdict: isVerdict(stamp.verdict) ? stamp.verdict : 'denied',
    code: null,
    taskId: null,
    traceId: null,
    tenant: 'unknown',
    at: timeOf(entry),
  }
}

function entryKey({ shard, entryId }: AuditEntry): string {
  return `${entryId}@${/^[\w.-]{1,12}$/.test(shard) ? shard : hash('sha256', shard).slice(0, 12)}`
}

function traceIdOf(traceparent: unknown): string | null {
  return typeof traceparent === 'string' ? (traceParent.exec(traceparent)?.[1] ?? null) : null
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
