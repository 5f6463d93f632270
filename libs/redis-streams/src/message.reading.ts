import { type EventHeader, type Stamp, TerminalError } from '@guildhall/contracts'

/** An entry of a `to:` or the audit stream, understood. */
export interface StampedMessage {
  header: EventHeader
  /** JSON text of the payload. */
  data: string
  stamp: Stamp
}

const neededAttributes = ['id', 'type', 'source', 'tenant'] as const

/**
 * Reads the fields of an entry that the router wrote.
 * @throws TerminalError `invalid-entry` when a field is missing or is not what it should be.
 */
export function readStamped(fields: Record<string, string>): StampedMessage {
  return {
    header: readHeader(fields['event']),
    data: fields['data'] ?? '',
    stamp: readStamp(fields['stamp']),
  }
}

/** What readStamped() reads, or the TerminalError that it throws. */
export function readOrFail(fields: Record<string, string>): StampedMessage | Error {
  try {
    return readStamped(fields)
  } catch (error) {
    return error as Error
  }
}

let lastStamp: { text: string; stamp: Stamp } | undefined

/**
 * The router gives one stamp to all messages of a batch that go the same way: those in a row are read once.
 * @param text the field `stamp`.
 * @throws TerminalError `invalid-entry`
 */
export function readStamp(text: string | undefined): Stamp {
  if (text !== undefined && text === lastStamp?.text) return lastStamp.stamp
  const stamp = readObject(text, 'stamp') as unknown as Stamp
  if (!Array.isArray(stamp.deliveredTo)) throw invalid('the field "stamp" lacks deliveredTo')
  lastStamp = { text: text as string, stamp: Object.freeze(stamp) }
  return stamp
}

/**
 * @param text the field `event`.
 * @throws TerminalError `invalid-entry`
 */
export function readHeader(text: string | undefined): EventHeader {
  const header = readObject(text, 'event')
  for (const name of neededAttributes)
    if (typeof header[name] !== 'string' || header[name] === '')
      throw invalid(`the field "event" lacks "${name}"`)
  return header as unknown as EventHeader
}

/** @throws TerminalError `invalid-entry` when the payload is no JSON. */
export function readPayload(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw invalid('the field "data" is not JSON', cause)
  }
}

function readObject(text: string | undefined, name: string): Record<string, unknown> {
  if (text === undefined) throw invalid(`the field "${name}" is missing`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(`the field "${name}" is not JSON`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`the field "${name}" is not a JSON object`)
  return value as Record<string, unknown>
}

function invalid(what: string, cause?: unknown): TerminalError {
  return new TerminalError('invalid-entry', `The entry cannot be read: ${what}`, { cause })
}
