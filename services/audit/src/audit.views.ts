import type { AuditView } from '@guildhall/contracts'
import type { AuditRecord } from './audit-record.entity.js'

/** Room is left below the 200 KiB that an answer may have. */
const answerBytes = 190 * 1024

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

/** The end of a list of records, as much of it as one answer holds. */
export function newestThatFit(views: readonly AuditView[], limitBytes: number = answerBytes): AuditView[] {
  let bytes = 0
  const older = views.findLastIndex((view) => {
    bytes += Buffer.byteLength(JSON.stringify(view)) + 1
    return bytes > limitBytes
  })
  return views.slice(older + 1)
}
