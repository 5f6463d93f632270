import type { Envelope, EventHeader, Stamp } from '@guildhall/contracts'
import { type PayloadReference, payloadReferenceOf } from './payload.reference.js'
import type { StreamKeys } from './stream.keys.js'

/** What the router decided about one entry. A denied message has nowhere to go but the audit. */
export interface RelayDecision {
  deliverTo: {
    /** Services, at their ears. */
    to?: string[]
    /** Names of reply streams of clients. */
    reply?: string[]
    /** Services, where they hear what they asked for. */
    answer?: string[]
  }
  /**
   * Delivered when its `delivertime` comes, audited at once. The payload that its `dataref` names is handed on with it.
   */
  header: EventHeader
  /** The header as it came in, JSON: it is passed on as it is. Absent: made of `header`. */
  event?: string
  /** JSON text of the payload; empty when it lies apart. */
  data: string
  /** With `deliveredTo` filled in. */
  stamp: Stamp
  /** Said beside it, to the sender: a refusal. A client is named by its reply stream. */
  alsoReply?: { to: { client: string } | { service: string }; envelope: Envelope }
}

/** One entry of one stream with its decision. */
export interface DecidedEntry {
  id: string
  decision: RelayDecision
}

/** KEYS and ARGV (after group and consumer) of one gh_relay call. */
export interface RelayCall {
  keys: string[]
  args: (string | number)[]
  /** The entries that it moves. */
  ids: string[]
}

/** Why an entry was not moved. */
export type NotMoved = 'lost' | 'full' | 'broken' | 'no-payload'

/** What gh_relay answered. */
export interface RelayOutcome {
  /** How many messages each work stream holds now, by key. */
  lengths: Map<string, number>
  /** Entries that were not moved; empty as a rule. */
  left: Map<string, NotMoved>
}

/** At which sizes relaying stops. */
export interface RelayLimits {
  /** Bytes of the audit stream. */
  auditBytes: number
  /** Entries of a work stream. */
  destination: number
}

// One call blocks everybody else on the server, so it stays short.
const largestCallMessages = 100
const largestCallBytes = 1024 * 1024
const nowhere: PayloadReference = { id: 'none', sizeBytes: -1, sha256: '' }

/**
 * The calls that relay the entries of one stream, each short.
 * @param speaker the service whose mouth `from` is: it owns the payloads that its messages refer to.
 * @param sorted by entry id, ascending.
 */
export function relayCalls(
  from: string,
  speaker: string,
  sorted: readonly DecidedEntry[],
  keys: StreamKeys,
  limits: RelayLimits,
): RelayCall[] {
  const calls: RelayCall[] = []
  let draft = new RelayCallDraft(from, speaker, keys, limits)
  for (const { id, decision } of sorted) {
    const event = decision.event ?? JSON.stringify(decision.header)
    const { to, reply, answer } = decision.deliverTo
    const copies = 1 + (to?.length ?? 0) + (reply?.length ?? 0) + (answer?.length ?? 0)
    // As many bytes as characters, at least: near enough to keep calls short.
    const bytes = (event.length + decision.data.length) * copies
    if (!draft.hasRoomFor(bytes)) {
      calls.push(draft.call())
      draft = new RelayCallDraft(from, speaker, keys, limits)
    }
    draft.add(id, event, decision, bytes)
  }
  if (sorted.length > 0) calls.push(draft.call())
  return calls
}

/** Reads the answer of gh_relay to a call. */
export function readRelayOutcome(call: RelayCall, [lengths, left]: [number[], string[]]): RelayOutcome {
  const outcome: RelayOutcome = { lengths: new Map(), left: new Map() }
  lengths.forEach((length, index) => {
    if (length >= 0) outcome.lengths.set(call.keys[index + 2] as string, length)
  })
  for (let at = 0; at < left.length; at += 2) outcome.left.set(left[at] as string, left[at + 1] as NotMoved)
  return outcome
}

/** What a key is to gh_relay: a work stream, a stream that keeps its last messages, another key. */
type Kind = 'w' | 'k' | 'o'

class RelayCallDraft {
  readonly #keys: string[]
  readonly #indexes = new Map<string, number>()
  readonly #ids: string[] = []
  readonly #stamps = new Map<Stamp, number>()
  readonly #args: (string | number)[] = []
  #kinds = ''
  #bytes = 0

  constructor(
    from: string,
    private readonly speaker: string,
    private readonly names: StreamKeys,
    private readonly limits: RelayLimits,
  ) {
    this.#keys = [from, names.audit]
  }

  hasRoomFor(bytes: number): boolean {
    return (
      this.#ids.length === 0 ||
      (this.#ids.length < largestCallMessages && this.#bytes + bytes <= largestCallBytes)
    )
  }

  add(id: string, event: string, decision: RelayDecision, bytes: number): void {
    const { names } = this
    const { to = [], reply = [], answer = [] } = decision.deliverTo
    const args = this.#args
    this.#ids.push(id)
    this.#bytes += bytes
    args.push(
      id,
      event,
      decision.data,
      this.#placeOf(decision.stamp),
      to.length + reply.length + answer.length,
    )
    for (const service of to) args.push(this.#indexOf(names.to(service), 'w'))
    for (const name of reply) args.push(this.#indexOf(names.reply(name), 'k'))
    for (const service of answer) args.push(this.#indexOf(names.answer(service), 'k'))
    const { alsoReply, header } = decision
    // What services alone hear is delivered later and may have its payload apart; a denied message has neither.
    const isForServices = to.length > 0 && reply.length + answer.length === 0
    const deliverAtMs = isForServices ? timeOf(header.delivertime) : undefined
    const payload = isForServices ? payloadReferenceOf(header) : undefined
    args.push(
      Number(alsoReply !== undefined) + Number(deliverAtMs !== undefined) + Number(payload !== undefined),
    )
    if (alsoReply) {
      const { to: whom, envelope } = alsoReply
      const key = 'client' in whom ? names.reply(whom.client) : names.answer(whom.service)
      args.push('also', 3, this.#indexOf(key, 'k'), JSON.stringify(envelope.header), envelope.data)
    }
    if (deliverAtMs !== undefined)
      args.push(
        'due',
        3,
        deliverAtMs,
        this.#indexOf(names.delayed, 'o'),
        this.#indexOf(names.delayedMessages, 'o'),
      )
    if (payload) {
      const { id, sizeBytes, sha256 } = payload === 'malformed' ? nowhere : payload
      const source = names.blobFrom(this.speaker, id)
      args.push('payload', 3 + to.length, this.#indexOf(source, 'o'), sizeBytes, sha256)
      for (const service of to) args.push(this.#indexOf(names.blobTo(service, id), 'o'))
    }
  }

  call(): RelayCall {
    const { auditBytes, destination } = this.limits
    const stamps = [...this.#stamps.keys()].map((stamp) => JSON.stringify(stamp))
    const first = this.#ids[0] as string
    const last = this.#ids.at(-1) as string
    return {
      keys: this.#keys,
      args: [auditBytes, destination, this.#kinds, first, last, stamps.length, ...stamps, ...this.#args],
      ids: this.#ids,
    }
  }

  // Messages that go the same way share a stamp: it is said once.
  #placeOf(stamp: Stamp): number {
    let place = this.#stamps.get(stamp)
    if (place === undefined) this.#stamps.set(stamp, (place = this.#stamps.size + 1))
    return place
  }

  // Lua counts from 1.
  #indexOf(key: string, kind: Kind): number {
    let index = this.#indexes.get(key)
    if (index === undefined) {
      index = this.#keys.push(key)
      this.#kinds += kind
      this.#indexes.set(key, index)
    }
    return index
  }
}

// What is no time is none.
function timeOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
