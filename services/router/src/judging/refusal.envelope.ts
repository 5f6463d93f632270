import { createEnvelope, type Envelope, type EventHeader, refusalCodes } from '@guildhall/contracts'
import type { Denial } from './routing.policy.js'

/** What the sender of a message is told that is not carried. */
export function refusalOf(header: EventHeader, denial: Denial): Envelope {
  const { tenant, subject, traceparent, tracestate } = header
  const { retryable } = refusalCodes[denial.code]
  return createEnvelope(
    'request.refused',
    { code: denial.code, message: denial.reason, retryable, requestType: header.type.slice(0, 100) },
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
