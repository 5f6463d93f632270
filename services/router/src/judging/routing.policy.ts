import {
  type ClientIdentity,
  type EventHeader,
  topology,
  hardLimitBytes,
  type MessageDefinition,
  type RefusalCode,
  type ServiceName,
} from '@guildhall/contracts'

/** Changes whenever a rule of the code does; written into every stamp, before the version of the installation's policy. */
export const codeVersion = '2'

/** Why a message is not carried. The code is stable, the reason is for people. */
export interface Denial {
  code: RefusalCode
  reason: string
}

/** Who speaks: the service that owns the stream the message was read from, or the client its credential proved. */
export type Sender = { service: ServiceName } | { client: ClientIdentity }

/** Deny by default: a message is carried only if its row of the topology says so. */
export function permissionDenial(sender: Sender, type: string): Denial | undefined {
  const row = topology.find(type)
  if (!row) return { code: 'unknown-type', reason: `there is no message of type '${type}'` }
  const speaker = 'service' in sender ? sender.service : 'client'
  if (!row.from.includes(speaker)) {
    return { code: 'not-permitted', reason: `a ${speaker} may not say ${row.type}` }
  }
  if ('client' in sender && !(row.role && sender.client.roles.includes(row.role))) {
    return {
      code: 'not-permitted',
      reason: `${row.type} needs the role ${row.role ?? 'of nobody'}; ${sender.client.id} has ${sender.client.roles.join(', ') || 'none'}`,
    }
  }
  return undefined
}

const longestDelayMs = 10 * 60_000

/** What is against carrying a message that its sender may say: its size, or when it comes. */
export function carriageDenial(
  header: Pick<EventHeader, 'type' | 'expirytime' | 'delivertime' | 'dataref' | 'datasize'>,
  data: string,
  nowMs: number,
): Denial | undefined {
  const row = topology.find(header.type)
  return (
    (row && (header.dataref === undefined ? sizeDenial(row, data) : payloadDenial(row, header.datasize))) ??
    (row && header.delivertime !== undefined ? delayDenial(row, header.delivertime, nowMs) : undefined) ??
    (header.expirytime !== undefined && Date.parse(header.expirytime) <= nowMs
      ? { code: 'expired', reason: `it was to be delivered before ${header.expirytime}` }
      : undefined)
  )
}

function sizeDenial(row: MessageDefinition, data: string): Denial | undefined {
  return tooLarge(row, Buffer.byteLength(data), Math.min(row.maxBytes, hardLimitBytes))
}

/** Of a payload that lies apart its owner says the size; Redis compares it with what is there. */
function payloadDenial(row: MessageDefinition, dataBytes: number | undefined): Denial | undefined {
  if (row.to.includes('client'))
    return { code: 'invalid', reason: `${row.type} is heard by clients, who cannot fetch a payload` }
  if (!Number.isInteger(dataBytes)) return { code: 'invalid', reason: 'datasize is no number of bytes' }
  return tooLarge(row, dataBytes as number, row.maxBytes)
}

function delayDenial(row: MessageDefinition, delivertime: string, nowMs: number): Denial | undefined {
  const invalid = (reason: string): Denial => ({ code: 'invalid', reason })
  if (row.to.includes('client')) return invalid(`${row.type} is heard by clients, at once`)
  const dueMs = Date.parse(delivertime)
  if (Number.isNaN(dueMs)) return invalid('delivertime is no RFC 3339 time')
  return dueMs > nowMs + longestDelayMs ? invalid('delivertime is more than 10 minutes ahead') : undefined
}

function tooLarge(row: MessageDefinition, dataBytes: number, limit: number): Denial | undefined {
  return dataBytes > limit
    ? { code: 'too-large', reason: `the payload has ${dataBytes} bytes; ${row.type} may have ${limit}` }
    : undefined
}
