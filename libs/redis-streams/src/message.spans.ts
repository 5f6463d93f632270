import { type Envelope, type EventHeader, traceContext } from '@guildhall/contracts'
import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

const tracer = trace.getTracer('@guildhall/redis-streams')
const notRecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/**
 * Runs a handler in the span `process <type>`, child of the trace that the message carries.
 * Attribute names: OpenTelemetry semantic conventions for messaging.
 */
export function inProcessSpan<T>(
  header: EventHeader,
  stream: string,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  // Not sampled where it began, so not recorded here either; what the handler says goes on with the trace all the same.
  if (header.traceparent?.endsWith('-00'))
    return context.with(new UnreadContext(header), () => work(notRecorded))
  const parent = header.traceparent === undefined ? ROOT_CONTEXT : traceContext(header)
  const span = tracer.startSpan(`process ${header.type}`, { kind: SpanKind.CONSUMER }, parent)
  if (span.isRecording()) span.setAttributes(attributesOf(header, stream, 'process'))
  // Neither a trace to go on with nor one that begins here.
  else if (!isSpanContextValid(span.spanContext())) return work(span)
  return context.with(trace.setSpan(parent, span), () => untilEnd(span, work))
}

/**
 * Runs a handler of many messages in one span `process <type>`, which links to the trace of each and is part of none.
 */
export async function inBatchSpan<T>(
  headers: readonly EventHeader[],
  stream: string,
  work: () => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(`process ${headers[0]?.type}`, { kind: SpanKind.CONSUMER }, ROOT_CONTEXT)
  if (span.isRecording()) {
    span.setAttributes({
      'messaging.system': 'redis',
      'messaging.operation.type': 'process',
      'messaging.destination.name': stream,
      'messaging.batch.message_count': headers.length,
    })
    for (const header of headers) {
      const linked = trace.getSpanContext(traceContext(header))
      if (linked) span.addLink({ context: linked })
    }
  } else if (!isSpanContextValid(span.spanContext())) {
    return work()
  }
  return context.with(trace.setSpan(ROOT_CONTEXT, span), () => untilEnd(span, work))
}

/** Does something as part of the trace that a message carries. */
export function inTraceOf<T>(header: EventHeader, work: () => T): T {
  return context.with(new UnreadContext(header), work)
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

/** The context that a message's trace headers describe, which few look at: read when somebody does. */
class UnreadContext implements Context {
  #read: Context | undefined

  constructor(private readonly header: EventHeader) {}

  get #context(): Context {
    return (this.#read ??= traceContext(this.header))
  }

  getValue(key: symbol): unknown {
    return this.#context.getValue(key)
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#context.setValue(key, value)
  }

  deleteValue(key: symbol): Context {
    return this.#context.deleteValue(key)
  }
}
