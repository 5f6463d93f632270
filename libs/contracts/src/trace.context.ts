import { type Context, context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'

/** W3C trace context as it travels in a message header (https://www.w3.org/TR/trace-context/). */
export interface TraceHeaders {
  /** W3C trace context: `00-<trace id>-<span id>-<flags>`. */
  traceparent?: string
  /** W3C trace context: what tracing systems pass along. */
  tracestate?: string
}

/** The trace headers of a context, by default the active one; empty outside of any trace. */
export function traceHeaders(of: Context = context.active()): TraceHeaders {
  const headers: TraceHeaders = {}
  propagation.inject(of, headers)
  return headers
}

/** The context that a message's trace headers describe; without them the root context. */
export function traceContext(headers: TraceHeaders): Context {
  return propagation.extract(ROOT_CONTEXT, headers)
}

/** The 32 hex digits that name the trace in Jaeger, or undefined when there is none. */
export function traceIdOf(headers: TraceHeaders): string | undefined {
  return trace.getSpanContext(traceContext(headers))?.traceId ?? headers.traceparent?.split('-')[1]
}
