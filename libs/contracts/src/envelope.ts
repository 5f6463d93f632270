import { randomFillSync } from 'node:crypto'
import { v7 as uuidV7 } from 'uuid'
import { nameBasedId } from './name.based.id.js'
import type { Rights } from './rights.js'
import type { Role } from './service.names.js'
import { type TraceHeaders, traceHeaders } from './trace.context.js'

/**
 * What travels beside a payload: CloudEvents 1.0 attributes (https://github.com/cloudevents/spec) with our
 * extensions in lower case. Stored as the JSON text of the entry field `event`.
 */
export interface EventHeader extends TraceHeaders {
  specversion: '1.0'
  /** UUID, made once by the producer and kept through every redelivery: the inbox knows a message by it. */
  id: string
  /** Names the message's row in the topology. */
  type: string
  /** `/services/<name>` or `/clients/<id>`; the router sees to it that it is true. */
  source: string
  /** The task that the message is about. */
  subject?: string
  /** RFC 3339, when the producer made the message. */
  time: string
  datacontenttype: 'application/json'
  /** Whose work it is; of a client's message the client's own. */
  tenant: string
  /** The client whose reply stream hears what is said to `client`. */
  replyto?: string
  /** On an answer: the id of the request. */
  correlationid?: string
  /** The id of the message that made the producer say this one. */
  causationid?: string
  /** RFC 3339; after it the message is refused instead of delivered. */
  expirytime?: string
  /** The client's name for what it wants once: a second `task.submit` with it finds the first task. */
  idempotencykey?: string
  /** RFC 3339, at most 10 minutes ahead: services hear the message then. For longer waits a service keeps a record. */
  delivertime?: string
  /** The id of the payload that lies apart because it is too large to travel in the message (the claim check). */
  dataref?: string
  /** Its size in bytes of UTF-8, and its SHA-256 in hex. */
  datasize?: number
  datasha256?: string
}

/** A message as producers make it: header and payload text (JSON), untouched by the router. */
export interface Envelope {
  header: EventHeader
  /** JSON text of the payload. */
  data: string
}

/** The client that spoke on the gateway stream, as the router authenticated it. */
export interface ClientIdentity {
  id: string
  tenant: string
  roles: Role[]
  /** What its tasks and agents may do at most; absent: nothing. */
  rights?: Rights
}

/** The router's verdict, written beside the message: entry field `stamp`. */
export interface Stamp {
  verdict: 'allowed' | 'denied'
  /** Kebab-case reason of a denial, as `request.refused` has it: `not-permitted`, `invalid`, … */
  code?: string
  /** What is wrong, in words. */
  reason?: string
  /** RFC 3339. */
  at: string
  /** The router instance that judged. */
  router: string
  /** Version of the policy it applied. */
  policy: string
  /** Where the router read the message: `gateway` or `from:<service>`. */
  heardOn: string
  /** Where it was put: `to:executor`, `reply:local`; empty when denied. */
  deliveredTo: string[]
  /** Present on messages of clients. */
  client?: ClientIdentity
  /** Present on a message that an administrator put back after it had died: who, when (RFC 3339), and the how many-th time. */
  redriven?: { by: string; at: string; count: number }
}

/** A message as a handler receives it. */
export interface ReceivedMessage {
  header: EventHeader
  stamp: Stamp
  /** Stream entry id. */
  entryId: string
  /** 1 on the first delivery of this message to this service. */
  attempt: number
  /** Aborted when the consumer lost the message to another one or shuts down past its drain time. */
  signal: AbortSignal
}

/** What a message passes on to those it causes. */
export interface MessageOrigin extends TraceHeaders {
  tenant: string
  subject?: string | undefined
  replyto?: string | undefined
  correlationid?: string | undefined
  causationid?: string | undefined
  idempotencykey?: string | undefined
  expirytime?: string | undefined
  delivertime?: string | undefined
}

/** The origin of whatever a received message causes: same task, tenant and client, caused by it, in the active trace. */
export function causedBy(header: EventHeader): MessageOrigin {
  return { tenant: header.tenant, subject: header.subject, replyto: header.replyto, causationid: header.id }
}

/**
 * Makes an envelope. Trace headers come from the origin, else from the active context.
 * @param id defaults to a new UUIDv7.
 */
export function createEnvelope(
  type: string,
  payload: object,
  source: string,
  origin: MessageOrigin,
  id: string = newId(),
): Envelope {
  const header: EventHeader = {
    specversion: '1.0',
    id,
    type,
    source,
    time: timeNow(),
    datacontenttype: 'application/json',
    tenant: origin.tenant,
  }
  for (const name of optionalAttributes) {
    const value = origin[name]
    if (value !== undefined) header[name] = value
  }
  const { traceparent, tracestate } = origin.traceparent ? origin : traceHeaders()
  if (traceparent !== undefined) header.traceparent = traceparent
  if (tracestate !== undefined) header.tracestate = tracestate
  return { header, data: JSON.stringify(payload) }
}

const optionalAttributes = [
  'subject',
  'replyto',
  'correlationid',
  'causationid',
  'expirytime',
  'delivertime',
  'idempotencykey',
] as const

let lastTimeMs = 0
let lastTime = ''

/** Now, RFC 3339. Text is made once a millisecond: many messages may be said in one. */
function timeNow(): string {
  const nowMs = Date.now()
  if (nowMs !== lastTimeMs) {
    lastTimeMs = nowMs
    lastTime = new Date(nowMs).toISOString()
  }
  return lastTime
}

const idBytes = 16
const randomPool = new Uint8Array(256 * idBytes)
let randomUsed = randomPool.length
let lastIdMs = 0
let idSequence = 0

/**
 * A new id (UUIDv7, RFC 9562 method 1): unique, and sorted by the time it was made, those of one process within a
 * millisecond too. Asking the system for randomness each time would be a seventh of what it costs to say a message.
 */
export function newId(): string {
  if (randomUsed === randomPool.length) {
    randomFillSync(randomPool)
    randomUsed = 0
  }
  const random = randomPool.subarray(randomUsed, (randomUsed += idBytes))
  const nowMs = Date.now()
  if (nowMs > lastIdMs) {
    lastIdMs = nowMs
    // Half of the range stays free to count up in.
    idSequence = ((random[0] as number) << 23) | ((random[1] as number) << 15) | ((random[2] as number) << 7)
  } else {
    idSequence += 1
  }
  return uuidV7({ random, msecs: lastIdMs, seq: idSequence })
}

const taskNamespace = '7c1f3f52-4a57-5d0c-9a0e-2f7f4f1d6a11'
const delegationNamespace = '0b1d4c1e-6f0a-5b8e-9c55-3f6f0e2f8d94'
const questionNamespace = 'b0c9c8a4-5c0e-5f0b-9c55-0d7f3f3f8e62'
const entryNamespace = 'f2f1a9de-0f0c-5b43-8a57-6d2f8a3f2c07'

/** A task's id: the same for the same tenant and idempotency key, so that a second submission finds the first task. */
export function taskIdFor(tenant: string, key: string): string {
  return nameBasedId(`${tenant}\n${key}`, taskNamespace)
}

/** The id of a task that a run hands on: the same for the same run and key. */
export function delegatedTaskIdFor(runId: string, key: string): string {
  return nameBasedId(`${runId}\n${key}`, delegationNamespace)
}

/** The name of a question about a run: the same for the same run and step, so that it is asked once. */
export function askIdFor(runId: string, step: string): string {
  return nameBasedId(`${runId}\n${step}`, questionNamespace)
}

/** The message id of a gateway entry that brought none: the same each time that entry is read. */
export function messageIdForEntry(streamKey: string, entryId: string): string {
  return nameBasedId(`${streamKey}\n${entryId}`, entryNamespace)
}
