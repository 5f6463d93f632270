import { type Envelope, type EventHeader, traceContext } from '@guildhall/contracts'
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('@guildhall/redis-streams')

/**
 * Runs a handler in the span `process <type>`, child of the trace that the message carries.
 * Attribute names: OpenTelemetry semantic conventions for messaging.
 */
export async function inProcessSpan<T>(
  header: EventHeader,
  stream: string,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = traceContext(header)
  const span = tracer.startSpan(
    `process ${header.type}`,
    { kind: SpanKind.CONSUMER, attributes: attributesOf(header, stream, 'process') },
    parent,
  )
  return context.with(trace.setSpan(parent, span), () => untilEnd(span, work))
}

/** Runs the sending within one span `send <type>` per message. */
export async function inSendSpans<T>(
  envelopes: readonly Envelope[],
  stream: string,
  work: () => Promise<T>,
): Promise<T> {
  const spans = envelopes.map(({ header }) =>
    tracer.startSpan(`send ${header.type}`, {
      kind: SpanKind.PRODUCER,
      attributes: attributesOf(header, stream, 'send'),
    }),
  )
  try {
    return await work()
  } catch (error) {
    for (const span of spans) recordFailure(span, error)
    throw error
  } finally {
    for (const span of spans) span.end()
  }
}

export function recordFailure(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error))
  span.setStatus({
    code: SpanStatusCode.ERROR,
    message: error instanceof Error ? error.message : String(error),
  })
}

async function untilEnd<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await work(span)
  } catch (error) {
    recordFailure(span, error)
    throw error
  } finally {
    span.end()
  }
}

function attributesOf(header: EventHeader, stream: string, operation: 'process' | 'send') {
  return {
    'messaging.system': 'redis',
    'messaging.operation.type': operation,
    'messaging.destination.name': stream,
    'messaging.message.id': header.id,
    ...(header.subject ? { 'guildhall.task.id': header.subject } : {}),
  }
}
