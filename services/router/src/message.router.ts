import { isUtf8 } from 'node:buffer'
import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { type Stamp, topology } from '@guildhall/contracts'
import {
  Admission,
  EntryBytes,
  type IncomingEntry,
  Relay,
  type RelayDecision,
  streamKeys,
} from '@guildhall/redis-streams'
import { Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { ClientDirectory } from './clients/client.directory.js'
import { judgeClientEntry, type Rules } from './judging/client.judging.js'
import { mayHaveLostBytes } from './judging/gateway.entry.js'
import { denied, type Judged } from './judging/judged.message.js'
import { admit, type Candidate } from './judging/message.admission.js'
import { destinationsOf } from './judging/message.destinations.js'
import { refusalOf } from './judging/refusal.envelope.js'
import { codeVersion } from './judging/routing.policy.js'
import { traceRouting } from './judging/routing.span.js'
import { judgeServiceEntry } from './judging/service.judging.js'

type Verdict = Pick<Stamp, 'at' | 'router' | 'policy'>
/** The stamps of a batch by the ways that messages go: most go the same, and each stamp is encoded once. */
type Stamps = Map<string, Stamp>

/** Reads every mouth, judges each message and has Redis move the batch with its verdicts in one step. */
@Injectable()
export class MessageRouter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly relay: Relay
  private readonly admission: Admission
  private readonly shards: ReadonlyMap<string, { gatewayKey: string; bytes: EntryBytes }>
  private readonly carried

  constructor(
    @Inject(ClientDirectory) private readonly clients: ClientDirectory,
    @Inject(ServiceIdentity) private readonly identity: ServiceIdentity,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
    @Inject(StreamsSettings) streams: StreamsSettings,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.carried = metrics.counter(
      'guildhall_router_messages_total',
      'Messages judged, by verdict and code',
      ['verdict', 'code'],
    )
    const { connection } = streams
    this.shards = new Map(
      streams.shards.map((shard) => {
        const bytes = new EntryBytes({ connection, shard, service: identity.name })
        return [shard, { gatewayKey: streamKeys(shard).gateway, bytes }]
      }),
    )
    // All routers have to name the same shard.
    const [shard = ''] = streams.shards
    this.admission = new Admission({ connection, shard, instance: identity.instance })
    this.relay = new Relay({
      connection,
      shards: streams.shards,
      instance: identity.instance,
      logger,
      decide: (entries) => this.decide(entries),
    })
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.relay.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop()
    await this.admission.close()
    await Promise.all([...this.shards.values()].map(({ bytes }) => bytes.close()))
  }

  private async decide(entries: readonly IncomingEntry[]): Promise<RelayDecision[]> {
    const nowMs = Date.now()
    const { policy } = this.clients
    let rules: Rules = { access: this.clients.access, policy }
    let hasLookedAgain = false
    const candidates: Candidate[] = []
    for (const entry of entries) {
      let judging = this.judge(entry, rules, nowMs)
      if (!hasLookedAgain && !(judging instanceof Promise) && judging.denial?.code === 'unauthenticated') {
        hasLookedAgain = true
        await this.clients.refreshEarly()
        rules = { access: this.clients.access, policy }
        judging = this.judge(entry, rules, nowMs)
      }
      const judged = judging instanceof Promise ? await judging : judging
      candidates.push({
        judged,
        entryKey: `${entry.shard} ${entry.entryId}`,
        isBusy: this.isBusy(entry, judged),
      })
    }
    const judged = await admit(candidates, this.admission, policy)
    const verdict = {
      at: new Date(nowMs).toISOString(),
      router: this.identity.instance,
      policy: `${codeVersion}.${policy.version}`,
    }
    this.count(judged)
    const stamps: Stamps = new Map()
    return judged.map((one, index) => {
      traceRouting(one)
      return this.decisionOn(one, (entries[index] as IncomingEntry).heardOn, verdict, stamps)
    })
  }

  private judge(entry: IncomingEntry, rules: Rules, nowMs: number): Judged | Promise<Judged> {
    if (entry.heardOn !== 'gateway') {
      return judgeServiceEntry(entry, entry.heardOn.slice('from:'.length), nowMs)
    }
    const shard = this.shards.get(entry.shard)
    if (!shard) throw new Error(`The router hears no shard ${entry.shard}`)
    const { gatewayKey, bytes } = shard
    const judged = judgeClientEntry(entry, gatewayKey, rules, nowMs)
    if (judged.denial || !mayHaveLostBytes(entry.fields)) return judged
    return judgeBytes(judged, bytes.read(gatewayKey, entry.entryId))
  }

  private isBusy({ shard }: IncomingEntry, { header, client, denial }: Judged): boolean {
    if (!client || denial) return false
    return (topology.find(header.type)?.to ?? []).some((service) => this.relay.isFull(service, shard))
  }

  private decisionOn(judged: Judged, heardOn: string, verdict: Verdict, stamps: Stamps): RelayDecision {
    const { header, event, data, client, denial } = judged
    const whose = client && { client }
    const said = { header, data, ...(event !== undefined && { event }) }
    if (denial) {
      const stamp = { verdict: 'denied' as const, ...verdict, heardOn, deliveredTo: [], ...whose, ...denial }
      return { ...said, stamp, deliverTo: {}, ...this.refusalTo(judged) }
    }
    const { access } = this.clients
    const { deliverTo, deliveredTo } = destinationsOf(header, (id) => access.replyStreamOf(id))
    const way = `${heardOn} ${deliveredTo.join(' ')} ${client?.id ?? ''}`
    let stamp = stamps.get(way)
    if (!stamp) stamps.set(way, (stamp = { verdict: 'allowed', ...verdict, heardOn, deliveredTo, ...whose }))
    return { ...said, stamp, deliverTo }
  }

  private refusalTo({ header, replyStream, service, denial }: Judged): Pick<RelayDecision, 'alsoReply'> {
    if (!denial) return {}
    if (replyStream !== undefined)
      return { alsoReply: { to: { client: replyStream }, envelope: refusalOf(header, denial) } }
    if (service !== undefined) return { alsoReply: { to: { service }, envelope: refusalOf(header, denial) } }
    return {}
  }

  private count(judged: readonly Judged[]): void {
    const refused = judged.filter(({ denial }) => denial !== undefined)
    const carried = judged.length - refused.length
    if (carried > 0) this.carried.inc({ verdict: 'allowed', code: '' }, carried)
    for (const [code, some] of Map.groupBy(refused, ({ denial }) => denial?.code ?? '')) {
      this.carried.inc({ verdict: 'denied', code }, some.length)
      // The audit has each of them; a line for each would let a stranger fill the disk.
      const [{ header, denial } = some[0] as Judged] = some
      this.logger.warn(
        {
          code,
          refused: some.length,
          reason: denial?.reason,
          type: header.type.slice(0, 100),
          source: header.source,
          messageId: header.id,
        },
        'refused messages; this is the first of them',
      )
    }
  }
}

async function judgeBytes(judged: Judged, reading: Promise<Buffer[] | undefined>): Promise<Judged> {
  const bytes = (await reading) ?? []
  if (bytes.every((one) => isUtf8(one))) return judged
  return denied(judged, { code: 'invalid', reason: 'the fields must be UTF-8' })
}
