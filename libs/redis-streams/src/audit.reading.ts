import { TerminalError } from '@guildhall/contracts'
import { readHeader, readStamp, type StampedMessage } from './message.reading.js'

/** A message as the relay recorded it, with the texts that it was read from. */
export interface RecordedMessage extends StampedMessage {
  /** JSON text of the header. */
  event: string
  /** JSON text of the stamp. */
  stampText: string
}

/**
 * Reads an entry of the audit stream: `event` and `data` of each message that was moved by one call, and after the last
 * of those that have a stamp in common that `stamp`. Other fields are passed over.
 * @param flat names and values of the fields in turn.
 * @throws TerminalError `invalid-entry` when it holds no such thing.
 */
export function readRecorded(flat: readonly string[]): RecordedMessage[] {
  const messages: RecordedMessage[] = []
  let unstamped: { event: string; data: string }[] = []
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at]
    const value = flat[at + 1] as string
    if (name === 'event') unstamped.push({ event: value, data: '' })
    else if (name === 'data') {
      const last = unstamped.at(-1)
      if (last) last.data = value
    } else if (name === 'stamp') {
      const stamp = readStamp(value)
      for (const { event, data } of unstamped)
        messages.push({ header: readHeader(event), data, stamp, event, stampText: value })
      unstamped = []
    }
  }
  if (unstamped.length > 0 || messages.length === 0)
    throw new TerminalError('invalid-entry', 'The entry cannot be read: it has no message with a stamp')
  return messages
}
