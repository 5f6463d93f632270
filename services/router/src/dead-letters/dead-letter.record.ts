import { newId, type Stamp, traceIdOf } from '@guildhall/contracts'
import type { DeadLetterEntry } from '@guildhall/redis-streams'
import { parseObject } from '../judging/incoming.message.js'
import type { DeadLetterRecord } from './dead-letter.entity.js'
import { bytesOfField, fieldsOfBytes } from './dead-letter.fields.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const traceId = /^[0-9a-f]{32}$/

/**
 * The row of a dead letter. The fields are kept as they came; what is only there to be searched for is cut to its column
 * or left out, so that nothing in a message keeps it from being stored.
 */
export function deadLetterRecord({ shard, service, entryId, flat }: DeadLetterEntry): DeadLetterRecord {
  const fields = fieldsOfBytes(flat)
  const object = (name: string) => parseObject(bytesOfField(fields, name)?.toString()) ?? {}
  const header = object('event')
  // Of an entry of the gateway stream there is no header, but its own word for what it is.
  const type = header['type'] ?? bytesOfField(fields, 'type')?.toString()
  const error = object('error')
  const traceparent = text(header['traceparent'])
  const trace = traceparent && traceIdOf({ traceparent })
  const redriven = (object('stamp') as Partial<Stamp>).redriven
  return {
    id: newId(),
    shard,
    service,
    entryId,
    messageId: id(header['id']),
    type: cut(type, 100),
    tenant: cut(header['tenant'], 100),
    taskId: id(header['subject']),
    traceId: trace && traceId.test(trace) ? trace : null,
    code: cut(error['code'], 100) ?? 'unknown',
    message: cut(error['message'], 1000) ?? '',
    attempts: count(error['attempts']),
    at: timeOf(error['at'], entryId),
    fields: JSON.stringify(fields),
    payload: null,
    redrives: count(redriven?.count),
    state: 'waiting',
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function id(value: unknown): string | null {
  const found = text(value)
  return found && uuid.test(found) ? found.toLowerCase() : null
}

function cut(value: unknown, length: number): string | null {
  return text(value)?.toWellFormed().slice(0, length) ?? null
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 1e9 ? value : 0
}

// Outside of these years the column refuses it.
function timeOf(value: unknown, entryId: string): Date {
  const at = new Date(text(value) ?? Number.NaN)
  const year = at.getUTCFullYear()
  if (year >= 2000 && year < 3000) return at
  return new Date(Math.min(Number.parseInt(entryId, 10), Date.now()))
}
