import { type EventHeader, largestPayloadBytes } from '@guildhall/contracts'

/** Where a payload lies, and how it was when its owner spoke of it. */
export interface PayloadReference {
  id: string
  sizeBytes: number
  sha256: string
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const sha256Hex = /^[0-9a-f]{64}$/

/** The payload that a header refers to: undefined when it refers to none, `malformed` when nobody could find it. */
export function payloadReferenceOf(header: EventHeader): PayloadReference | 'malformed' | undefined {
  const { dataref, datasize, datasha256 } = header
  if (dataref === undefined) return undefined
  const isWell =
    uuid.test(dataref) &&
    Number.isInteger(datasize) &&
    (datasize as number) <= largestPayloadBytes &&
    sha256Hex.test(datasha256 ?? '')
  return isWell ? { id: dataref, sizeBytes: datasize as number, sha256: datasha256 as string } : 'malformed'
}
