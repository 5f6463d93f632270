import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import { SpanKind } from '@opentelemetry/api'
import {
  type ClientIdentity,
  createEnvelope,
  type EventHeader,
  refusalCodes,
  topology,
  type ServiceName,
  type Stamp,
  traceContext,
  traceHeaders,
} from '@guildhall/contracts'
import { type IncomingEntry, Relay, type RelayDecision, streamKeys } from '@guildhall/redis-streams'
import { inSpan, Metrics, ServiceIdentity, ServiceLogger, StreamsSettings } from '@guildhall/service-defaults'
import { ClientDirectory } from './client.directory.js'
import { headerOfEntry, problemOfFields } from './gateway.entry.js'
import { parseObject, problemOfHeader, problemOfPayload } from './incoming.message.js'
import { type Denial, denialOf, policyVersion } from './routing.policy.js'

interface Judged {
  header: EventHeader
  data: string
  client?: ClientIdentity
  denial?: Denial | undefined
}

/** Reads every mouth, judges each message and has Redis move the batch with its verdicts in one step. */
@Injectable()
export class MessageRouter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly relay: Relay
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
    this.relay = new Relay({
      connection: streams.connection,
      shards: streams.shards,
      instance: identity.instance,
      logger,
      decide: (entries) => Promise.all(entries.map((entry) => this.decide(entry))),
    })
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.relay.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.relay.stop()
  }

  private async decide(entry: IncomingEntry): Promise<RelayDecision> {
    const judged =
      entry.heardOn === 'gateway'
        ? this.judgeClient(entry)
        : this.judgeService(entry, entry.heardOn.slice('from:'.length) as ServiceName)
    const { header } = judged
    return await inSpan(
      `route ${header.type}`,
      {
        kind: SpanKind.INTERNAL,
        parent: traceContext(header),
        attributes: { 'messaging.message.id': header.id, 'guildhall.task.id': header.subject ?? '' },
      },
      async (span) => {
        // A client without a trace of its own gets one here; services bring theirs and keep it.
        if (!header.traceparent) Object.assign(header, traceHeaders())
        if (judged.denial) span.setAttribute('guildhall.denied', judged.denial.code)
        return Promise.resolve(this.decisionOn(entry, judged))
      },
    )
  }

  private judgeClient({ shard, entryId, fields }: IncomingEntry): Judged {
    const client = this.clients.authenticate(fields['authorization'])
    const data = fields['data'] ?? ''
    const payload = parseObject(data)
    const header = headerOfEntry(streamKeys(shard).gateway, entryId, fields, client, payload, Date.now())
    if (!client) {
      const reason = 'the field authorization must be `Bearer <token>` with the token of a known client'
      return { header, data: '', denial: { code: 'unauthenticated', reason } }
    }
    const invalid = (reason: string | undefined): Denial | undefined =>
      reason ? { code: 'invalid', reason } : undefined
    const denial =
      invalid(problemOfFields(fields)) ??
      denialOf({ client }, header, Buffer.byteLength(data), Date.now()) ??
      (payload
        ? invalid(problemOfPayload(header.type, payload))
        : invalid('the field data is no JSON object'))
    return { header, data: denial?.code === 'too-large' ? '' : data, client, denial }
  }

  private judgeService({ shard, entryId, fields }: IncomingEntry, service: ServiceName): Judged {
    const data = fields['data'] ?? ''
    const header = parseObject(fields['event']) as EventHeader | undefined
    const problem = problemOfHeader(header, service)
    if (!header || problem) {
      const unreadable = headerOfEntry(
        streamKeys(shard).gateway,
        entryId,
        {},
        undefined,
        undefined,
        Date.now(),
      )
      return {
        header: { ...unreadable, source: `/services/${service}` },
        data,
        denial: { code: 'invalid', reason: problem ?? '' },
      }
    }
    return { header, data, denial: denialOf({ service }, header, Buffer.byteLength(data), Date.now()) }
  }

  private decisionOn(entry: IncomingEntry, judged: Judged): RelayDecision {
    const { header, data, client, denial } = judged
    this.carried.inc({ verdict: denial ? 'denied' : 'allowed', code: denial?.code ?? '' })
    const stamp: Stamp = {
      verdict: denial ? 'denied' : 'allowed',
      at: new Date().toISOString(),
      router: this.identity.instance,
      policy: policyVersion,
      heardOn: entry.heardOn,
      deliveredTo: [],
      ...(client && { client }),
    }
    if (denial) {
      this.logger.warn(
        {
          code: denial.code,
          reason: denial.reason,
          type: header.type,
          source: header.source,
          messageId: header.id,
        },
        'refused a message',
      )
      return {
        header,
        data,
        stamp: { ...stamp, ...denial },
        deliverTo: {},
        ...(client && { alsoReply: { to: { client: client.id }, envelope: refusal(header, denial) } }),
      }
    }
    const to = topology.find(header.type)?.to ?? []
    const services = to.filter((listener): listener is ServiceName => listener !== 'client')
    const reply =
      to.includes('client') && header.replyto && this.clients.knows(header.replyto) ? [header.replyto] : []
    stamp.deliveredTo = [...services.map((name) => `to:${name}`), ...reply.map((id) => `reply:${id}`)]
    return { header, data, stamp, deliverTo: { to: services, reply } }
  }
}

function refusal(header: EventHeader, denial: Denial) {
  const { tenant, subject, traceparent, tracestate } = header
  return createEnvelope(
    'request.refused',
    {
      code: denial.code,
      message: denial.reason,
      retryable: refusalCodes[denial.code].retryable,
      requestType: header.type,
    },
    '/services/router',
    {
      tenant,
      subject,
      correlationid: header.id,
      causationid: header.id,
      ...(traceparent !== undefined && { traceparent }),
      ...(tracestate !== undefined && { tracestate }),
    },
  )
}
