import {
  type EventHeader,
  topology,
  messageIdForEntry,
  taskIdFor,
  type ClientIdentity,
} from '@guildhall/contracts'
import { isRFC3339, isUUID } from 'class-validator'

const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** What is wrong with the flat fields of a gateway entry, in words; undefined when nothing is. */
export function problemOfFields(fields: Record<string, string>): string | undefined {
  if (!fields['type']) return 'the field type is missing'
  if (fields['data'] === undefined)
    return 'the field data is missing: give the payload as JSON, {} when it is empty'
  if (fields['id'] && !isUUID(fields['id'])) return 'the field id must be a UUID, or be left out'
  if (fields['idempotencykey'] && fields['idempotencykey'].length > 255) {
    return 'the field idempotencykey must have at most 255 characters'
  }
  if (fields['traceparent'] && !traceparentPattern.test(fields['traceparent'])) {
    return 'the field traceparent must be a W3C trace context, or be left out'
  }
  if (fields['expirytime'] && !isTime(fields['expirytime'])) {
    return 'the field expirytime must be an RFC 3339 time, or be left out'
  }
  return undefined
}

// What the parser cannot read, such as a leap second, would never expire.
function isTime(text: string): boolean {
  return isRFC3339(text) && !Number.isNaN(Date.parse(text))
}

/**
 * The header that a gateway entry gets: the sender is who the credential proved, never what the entry claims; the
 * credential itself is left behind. Reading the same entry again makes the same header, times apart.
 */
export function headerOfEntry(
  gatewayKey: string,
  entryId: string,
  fields: Record<string, string>,
  client: ClientIdentity | undefined,
  payload: Record<string, unknown> | undefined,
  nowMs: number,
): EventHeader {
  const id =
    fields['id'] && isUUID(fields['id']) ? fields['id'].toLowerCase() : messageIdForEntry(gatewayKey, entryId)
  const tenant = client?.tenant ?? 'unknown'
  const header: EventHeader = {
    specversion: '1.0',
    id,
    type: (fields['type'] ?? 'unknown').slice(0, 100),
    source: client ? `/clients/${client.id}` : '/clients/unknown',
    // Redis puts the time into the id, but whoever adds the entry may name an id of its own, far in the future.
    time: new Date(Math.min(Number(entryId.split('-')[0]), nowMs)).toISOString(),
    datacontenttype: 'application/json',
    tenant,
  }
  if (client) header.replyto = client.id
  for (const name of ['idempotencykey', 'traceparent', 'tracestate', 'expirytime'] as const) {
    const value = fields[name]
    if (value) header[name] = value.slice(0, 512)
  }
  const subject = subjectOf(header, payload)
  if (subject) header.subject = subject
  return header
}

function subjectOf(header: EventHeader, payload: Record<string, unknown> | undefined): string | undefined {
  if (header.type === 'task.submit') return taskIdFor(header.tenant, header.idempotencykey ?? header.id)
  const taskId = payload?.['taskId']
  return topology.find(header.type) && isUUID(taskId) ? (taskId as string) : undefined
}
