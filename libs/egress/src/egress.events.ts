/** Why a connection was not made. */
export type EgressRefusal =
  | 'no-credentials'
  | 'malformed'
  | 'host-not-allowed'
  | 'address-refused'
  | 'too-many-connections'
  | 'too-many-bytes'
  | 'name-not-found'
  | 'unreachable'
  | 'too-slow'

/** How a connection that was made came to its end; `ended` by one of its two sides. */
export type EgressEnding = 'ended' | 'idle' | 'too-long' | 'too-many-bytes' | 'broken' | 'run-over'

/** Names no path, no query, no header and no credential. */
interface EgressAttempt {
  runId: string
  /** Counts the attempts of the run from 1. */
  attempt: number
  via: 'tunnel' | 'request'
  /** Absent when the request did not name them in a way that can be trusted. */
  host?: string
  port?: number
}

/** Each attempt is told once as `refused`, or as `opened` and later `closed`. */
export type EgressEvent = EgressAttempt &
  (
    | { kind: 'refused'; reason: EgressRefusal; addresses?: readonly string[] }
    | { kind: 'opened'; address: string }
    | {
        kind: 'closed'
        address: string
        ending: EgressEnding
        sentBytes: number
        receivedBytes: number
        tookMs: number
      }
  )

/** Says to the client and to the record why not. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused'
  constructor(
    readonly reason: EgressRefusal,
    message: string,
    readonly addresses?: readonly string[],
  ) {
    super(message)
  }

  get status(): number {
    return statuses[this.reason]
  }
}

const statuses: Record<EgressRefusal, number> = {
  'no-credentials': 407,
  malformed: 400,
  'host-not-allowed': 403,
  'address-refused': 403,
  'too-many-connections': 429,
  'too-many-bytes': 429,
  'name-not-found': 502,
  unreachable: 502,
  'too-slow': 504,
}
