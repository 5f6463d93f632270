import type { AuditView } from '@guildhall/contracts'
import type { EntryHead } from './audit.block.js'
import type { AuditRecord } from './audit-record.entity.js'

/** Characters of what a message or its sender made up: more would only push other records out of the answer. */
const limits = { type: 100, source: 200, reason: 1_000 }

/** A record as operators see it: who, what, where to and the verdict; never the payload. */
export function auditView(record: AuditRecord, [header, stamp, dataSha256, dataBytes]: EntryHead): AuditView {
  const { code, taskId, traceId, tenant } = record
  const { reason } = stamp
  return {
    seq: Number(record.seq),
    messageId: record.messageId,
    type: header.type.slice(0, limits.type),
    source: header.source.slice(0, limits.source),
    deliveredTo: stamp.deliveredTo,
    verdict: record.verdict,
    at: record.at.toISOString(),
    dataSha256,
    dataBytes,
    ...(code !== null && { code }),
    ...(typeof reason === 'string' && { reason: reason.slice(0, limits.reason) }),
    ...(taskId !== null && { taskId }),
    ...(traceId !== null && { traceId }),
    ...(tenant !== null && { tenant }),
  }
}
