import { SpanKind, trace } from '@opentelemetry/api'
import { traceContext, traceHeaders } from '@guildhall/contracts'
import type { Judged } from './judged.message.js'

const sampled = /-0[13579bdf]$/

/** Shows a judgement in the trace of its message. A client's message without a trace gets one here. */
export function traceRouting({ header, client, denial }: Judged): void {
  const { traceparent } = header
  // Not sampled where it began, so not recorded here either.
  if (traceparent !== undefined && !sampled.test(traceparent)) return
  const parent = traceContext(header)
  const span = trace.getTracer('guildhall').startSpan(
    `route ${header.type.slice(0, 100)}`,
    {
      kind: SpanKind.INTERNAL,
      attributes: { 'messaging.message.id': header.id, 'guildhall.task.id': header.subject ?? '' },
    },
    parent,
  )
  if (denial) span.setAttribute('guildhall.denied', denial.code)
  if (client && traceparent === undefined) Object.assign(header, traceHeaders(trace.setSpan(parent, span)))
  span.end()
}
