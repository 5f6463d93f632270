import { isUtf8 } from 'node:buffer'
import type { DeadLetterField } from '@guildhall/contracts'

// One statement of the database takes 16 MiB; base64 makes four of three.
const largestFieldsBytes = 8 * 1024 * 1024

/**
 * The fields of an entry in a form that JSON can say without losing a byte. What exceeds some 8 MiB is cut off: only what
 * strangers put on the gateway stream is ever so large.
 * @param flat names and values in turn.
 */
export function fieldsOfBytes(flat: readonly Buffer[]): DeadLetterField[] {
  const fields: DeadLetterField[] = []
  let room = largestFieldsBytes
  for (let i = 0; i + 1 < flat.length && room > 0; i += 2) {
    const name = (flat[i] as Buffer).subarray(0, room)
    const value = (flat[i + 1] as Buffer).subarray(0, room)
    room -= name.length + value.length + 32
    fields.push({
      ...(isUtf8(name) ? { name: name.toString() } : { name: name.toString('base64'), nameBase64: true }),
      ...(isUtf8(value) ? { value: value.toString() } : { value: value.toString('base64'), base64: true }),
    })
  }
  return fields
}

/** The bytes of the last field of that name; undefined when there is none. */
export function bytesOfField(fields: readonly DeadLetterField[], name: string): Buffer | undefined {
  const field = fields.findLast((one) => one.name === name && !one.nameBase64)
  return field && Buffer.from(field.value, field.base64 ? 'base64' : 'utf8')
}

/** The first fields that fit, values shortened from the longest on, and how many bytes were left out. */
export function fittingFields(
  fields: readonly DeadLetterField[],
  limitBytes: number,
): { fields: DeadLetterField[]; cutBytes: number } {
  const shown: DeadLetterField[] = []
  let room = limitBytes
  let cutBytes = 0
  for (const field of fields) {
    const bytes = jsonBytes(field)
    if (bytes <= room) {
      shown.push(field)
      room -= bytes
      continue
    }
    // JSON needs at most six bytes for a character of one.
    const value = field.value.slice(0, Math.max(0, Math.floor((room - 200) / 6))).toWellFormed()
    cutBytes += Buffer.byteLength(field.value) - Buffer.byteLength(value)
    if (value === '' || field.name.length > 100) continue
    shown.push({ ...field, value })
    room -= jsonBytes({ ...field, value })
  }
  return { fields: shown, cutBytes }
}

function jsonBytes(field: DeadLetterField): number {
  return Buffer.byteLength(JSON.stringify(field)) + 1
}
