import { type MessageOrigin, traceHeaders } from '@guildhall/contracts'

/** The stored origin for a message said now: in the active span when there is one, else in the trace of the task. */
export function originNow(stored: MessageOrigin): MessageOrigin {
  const active = traceHeaders()
  if (active.traceparent === undefined) return stored
  const { traceparent: _, tracestate: __, ...rest } = stored
  return { ...rest, ...active }
}
