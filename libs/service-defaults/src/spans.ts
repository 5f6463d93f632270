import {
  type Attributes,
  type Context,
  context,
  type Link,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'

export interface SpanOptions {
  /** Default INTERNAL. */
  kind?: SpanKind
  attributes?: Attributes
  /** Default: the active context. */
  parent?: Context
  links?: Link[]
  /** When it began, for a wait that lies behind; default: now. */
  startTime?: Date
}

/** Runs work in a span of its own: ends it whatever happens, records a thrown error and throws it on. */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const parent = options.parent ?? context.active()
  const span = trace.getTracer('guildhall').startSpan(
    name,
    {
      kind: options.kind ?? SpanKind.INTERNAL,
      ...(options.attributes && { attributes: options.attributes }),
      ...(options.links && { links: options.links }),
      ...(options.startTime && { startTime: options.startTime }),
    },
    parent,
  )
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    span.recordException(error as Error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message })
    throw error
  } finally {
    span.end()
  }
}
