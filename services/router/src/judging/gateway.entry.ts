import { type EventHeader, messageIdForEntry, taskIdFor, type ClientIdentity } from '@guildhall/contracts'
import { type EntryFields, repeatedField } from '@guildhall/redis-streams'
import { isRFC3339, isUUID } from 'class-validator'

const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

// What a client may say about its message; everything else about it is for the router to say.
const knownFields: ReadonlySet<string> = new Set([
  'type',
  'data',
  'authorization',
  'id',
  'idempotencykey',
  'traceparent',
  'tracestate',
  'expirytime',
])

/** What is wrong with the flat fields of a gateway entry, in words; undefined when nothing is. Reads no payload. */
export function problemOfFields(fields: EntryFields): string | undefined {
  for (const name in fields) {
    if (!knownFields.has(name))
      return `there is no field ${JSON.stringify(name.slice(0, 100))} for a client to set`
  }
  const repeated = fields[repeatedField]
  if (repeated !== undefined) return `the field ${repeated} is there more than once`
  const { type, data, id, idempotencykey, traceparent, tracestate, expirytime } = fields
  if (!type) return 'the field type is missing'
  if (data === undefined) return 'the field data is missing: give the payload as JSON, {} when it is empty'
  if (id && !isUUID(id)) return 'the field id must be a UUID, or be left out'
  if (idempotencykey && idempotencykey.length > 255) {
    return 'the field idempotencykey must have at most 255 characters'
  }
  if (traceparent && !traceparentPattern.test(traceparent)) {
    return 'the field traceparent must be a W3C trace context, or be left out'
  }
  if (tracestate && tracestate.length > 512) return 'the field tracestate must have at most 512 characters'
  if (expirytime && !isTime(expirytime))
    return 'the field expirytime must be an RFC 3339 time, or be left out'
  return undefined
}

/**
 * Whether a field holds the character that stands for bytes that are no UTF-8. It may also be meant: only the entry's
 * bytes can tell.
 */
export function mayHaveLostBytes({ data, idempotencykey, tracestate }: EntryFields): boolean {
  return [data, idempotencykey, tracestate].some((text) => text?.includes('\ufffd'))
}

// What the parser cannot read, such as a leap second, would never expire.
function isTime(text: string): boolean {
  return text.length <= 64 && isRFC3339(text) && !Number.isNaN(Date.parse(text))
}

/**
 * The header that a gateway entry gets: the sender is who the credential proved, never what the entry claims; the
 * credential itself is left behind. Of an unknown sender only its id and type are taken, for the audit: nothing that it
 * says may link its entry to a task or trace of somebody. Reading the same entry again makes the same header, times
 * apart. The subject is added when the payload has been read.
 */
export function headerOfEntry(
  gatewayKey: string,
  entryId: string,
  fields: EntryFields,
  client: ClientIdentity | undefined,
  nowMs: number,
): EventHeader {
  const { id, type = 'unknown' } = fields
  const header: EventHeader = {
    specversion: '1.0',
    id: id && isUUID(id) ? id.toLowerCase() : messageIdForEntry(gatewayKey, entryId),
    type: type.slice(0, 100) || 'unknown',
    source: client ? `/clients/${client.id}` : '/clients/unknown',
    // Redis puts the time into the id, but whoever adds the entry may name an id of its own, far in the future.
    time: new Date(Math.min(Number.parseInt(entryId, 10), nowMs)).toISOString(),
    datacontenttype: 'application/json',
    tenant: client?.tenant ?? 'unknown',
  }
  if (!client) return header
  header.replyto = client.id
  for (const name of ['idempotencykey', 'traceparent', 'tracestate', 'expirytime'] as const) {
    const value = fields[name]
    if (value) header[name] = value.slice(0, 512)
  }
  return header
}

/** The task that a message of a client is about, if it is about one: the payload chooses none when one is handed in. */
export function subjectOf(header: EventHeader, payload: Record<string, unknown>): string | undefined {
  if (header.type === 'task.submit') return taskIdFor(header.tenant, header.idempotencykey ?? header.id)
  const { taskId } = payload
  return isUUID(taskId) ? (taskId as string) : undefined
}
