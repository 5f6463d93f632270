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

/** What is against carrying a message that its sender may say: its size, or that it comes too late. */
export function carriageDenial(
  header: Pick<EventHeader, 'type' | 'expirytime'>,
  data: string,
  nowMs: number,
): Denial | undefined {
  const row = topology.find(header.type)
  return (
    (row && sizeDenial(row, Buffer.byteLength(data))) ??
    (header.expirytime !== undefined && Date.parse(header.expirytime) <= nowMs
      ? { code: 'expired', reason: `it was to be delivered before ${header.expirytime}` }
      : undefined)
  )
}

function sizeDenial(row: MessageDefinition, dataBytes: number): Denial | undefined {
  const limit = Math.min(row.maxBytes, hardLimitBytes)
  return dataBytes > limit
    ? { code: 'too-large', reason: `the payload has ${dataBytes} bytes; ${row.type} may have ${limit}` }
    : undefined
}
