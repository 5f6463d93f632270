import { type ClientIdentity, type EventHeader, inlineLimitBytes } from '@guildhall/contracts'
import type { Denial } from './routing.policy.js'

/** What the router found out about one entry. */
export interface Judged {
  header: EventHeader
  /** The header as a service wrote it, JSON: passed on as it is. */
  event?: string
  /** JSON text of the payload. */
  data: string
  /** The client that the credential proved, and where it is answered. */
  client?: ClientIdentity
  replyStream?: string
  /** The service whose mouth it came from, if it can be told about a denial. */
  service?: string
  denial?: Denial
}

/**
 * A judgement that the message is not carried. Of its payload the audit keeps what a message may have at most by
 * default: nobody fills the audit with what nobody wanted.
 */
export function denied(judged: Judged, denial: Denial): Judged {
  const isKept = denial.code !== 'too-large' && judged.data.length <= inlineLimitBytes
  return { ...judged, data: isKept ? judged.data : '', denial }
}
