import type { AuditView } from '@guildhall/contracts'
import type { AuditRecord } from './audit-record.entity.js'

/** A record as operators see it: who, what, where to and the verdict; never the payload. */
export function auditView(record: Omit<AuditRecord, 'entryId' | 'header' | 'data'>): AuditView {
  const { code, reason, taskId, traceId, tenant } = record
  return {
    seq: Number(record.seq),
    messageId: record.messageId,
    type: record.type,
    source: record.source,
    deliveredTo: record.deliveredTo,
    verdict: record.verdict,
    at: record.at.toISOString(),
    dataSha256: record.dataSha256,
    dataBytes: record.dataBytes,
    ...(code !== null && { code }),
    ...(reason !== null && { reason }),
    ...(taskId !== null && { taskId }),
    ...(traceId !== null && { traceId }),
    ...(tenant !== null && { tenant }),
  }
}
