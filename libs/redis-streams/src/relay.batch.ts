import type { Envelope, EventHeader, Stamp } from '@guildhall/contracts'
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
  header: EventHeader
  /** JSON text of the payload. */
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
}

interface EncodedEntry extends DecidedEntry {
  event: string
  stamp: string
  sizeBytes: number
}

// One call blocks everybody else on the server, so it stays short.
const largestCallMessages = 100
const largestCallBytes = 1024 * 1024

/**
 * The calls that relay the entries of one stream, each short.
 * @param sorted by entry id, ascending.
 */
export function relayCalls(
  from: string,
  sorted: readonly DecidedEntry[],
  keys: StreamKeys,
  auditLimit: number,
): { call: RelayCall; ids: string[] }[] {
  return split(sorted).map((some) => ({
    call: encode(from, some, keys, auditLimit),
    ids: some.map(({ id }) => id),
  }))
}

function split(sorted: readonly DecidedEntry[]): EncodedEntry[][] {
  const batches: EncodedEntry[][] = []
  let batch: EncodedEntry[] = []
  let bytes = 0
  for (const entry of sorted) {
    const { header, stamp, data, deliverTo } = entry.decision
    const encoded = { ...entry, event: JSON.stringify(header), stamp: JSON.stringify(stamp), sizeBytes: 0 }
    const { to = [], reply = [], answer = [] } = deliverTo
    const copies = 1 + to.length + reply.length + answer.length
    encoded.sizeBytes = (Buffer.byteLength(data) + encoded.event.length + encoded.stamp.length) * copies
    if (
      batch.length > 0 &&
      (batch.length >= largestCallMessages || bytes + encoded.sizeBytes > largestCallBytes)
    ) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(encoded)
    bytes += encoded.sizeBytes
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

function encode(
  from: string,
  some: readonly EncodedEntry[],
  keys: StreamKeys,
  auditLimit: number,
): RelayCall {
  const work = new Set<string>()
  const replies = new Set<string>()
  for (const { decision } of some) {
    for (const service of decision.deliverTo.to ?? []) work.add(keys.to(service))
    for (const key of answersOf(decision, keys)) replies.add(key)
    if (decision.alsoReply) replies.add(addressOf(decision.alsoReply.to, keys))
  }
  const all = [from, keys.audit, ...work, ...replies]
  // Lua counts from 1.
  const indexOf = new Map(all.map((key, index) => [key, index + 1]))
  const at = (key: string) => indexOf.get(key) as number
  const args: (string | number)[] = [auditLimit, 3 + work.size, some[0]?.id ?? '-', some.at(-1)?.id ?? '+']
  for (const { id, event, stamp, decision } of some) {
    const { to = [] } = decision.deliverTo
    const answers = answersOf(decision, keys)
    args.push(id, event, decision.data, stamp, to.length + answers.length)
    args.push(...to.map((service) => at(keys.to(service))), ...answers.map(at))
    if (decision.alsoReply) {
      const { to: sender, envelope } = decision.alsoReply
      args.push(at(addressOf(sender, keys)), JSON.stringify(envelope.header), envelope.data)
    } else {
      args.push(0)
    }
  }
  return { keys: all, args }
}

function answersOf({ deliverTo: { reply = [], answer = [] } }: RelayDecision, keys: StreamKeys): string[] {
  return [...reply.map((name) => keys.reply(name)), ...answer.map((service) => keys.answer(service))]
}

function addressOf(sender: { client: string } | { service: string }, keys: StreamKeys): string {
  return 'client' in sender ? keys.reply(sender.client) : keys.answer(sender.service)
}
