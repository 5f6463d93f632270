import { Inject, Injectable } from '@nestjs/common'
import type { AuditList } from '@guildhall/contracts'
import { type ColumnValue, Database, In, insertRows, type RowInsertion } from '@guildhall/mysql'
import type { NewRecord } from './audit.record.js'
import { AuditRecord } from './audit-record.entity.js'

/** What stands in the place of the tenant when nobody knows the sender; the router's word. */
const nobodysTenant = 'unknown'

const columns = [
  'entry_id',
  'message_id',
  'type',
  'source',
  'delivered_to',
  'verdict',
  'code',
  'reason',
  'task_id',
  'trace_id',
  'tenant',
  'at',
  'header',
  'data',
  'data_sha256',
  'data_bytes',
]
const insertion: RowInsertion = {
  into: `INSERT INTO audit_records (${columns.join(', ')})`,
  row: `(${columns.map(() => '?').join(', ')})`,
  // INSERT IGNORE would also swallow values that do not fit.
  then: 'ON DUPLICATE KEY UPDATE seq = seq',
}

@Injectable()
export class AuditRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Adds all of the records or none, in their order; those of entries taken in before stay as they are. */
  async add(records: readonly NewRecord[]): Promise<void> {
    const rows = records.map(rowOf)
    await this.database.transact(({ manager }) => insertRows(manager, insertion, rows))
  }

  /**
   * The tenant's newest records, oldest first. Asked by verdict, also those that belong to no tenant: of senders nobody
   * could authenticate, and of entries nobody could read.
   */
  async newest(tenant: string, { taskId, traceId, verdict, limit = 100 }: AuditList): Promise<AuditRecord[]> {
    const tenants = verdict === undefined ? [tenant] : [tenant, nobodysTenant]
    const records = await this.database.manager.find(AuditRecord, {
      where: {
        tenant: In(tenants),
        ...(taskId !== undefined && { taskId: taskId.toLowerCase() }),
        ...(traceId !== undefined && { traceId }),
        ...(verdict !== undefined && { verdict }),
      },
      select: {
        seq: true,
        messageId: true,
        type: true,
        source: true,
        deliveredTo: true,
        verdict: true,
        code: true,
        reason: true,
        taskId: true,
        traceId: true,
        tenant: true,
        at: true,
        dataSha256: true,
        dataBytes: true,
      },
      order: { seq: 'DESC' },
      take: limit,
    })
    return records.reverse()
  }

  /** The tenant's records together with those that belong to no tenant. */
  async count(tenant: string): Promise<{ allowed: number; denied: number }> {
    const rows: { verdict: string; records: unknown }[] = await this.database.manager.query(
      'SELECT verdict, COUNT(*) AS records FROM audit_records WHERE tenant IN (?, ?) GROUP BY verdict',
      [tenant, nobodysTenant],
    )
    const of = (verdict: string) => Number(rows.find((row) => row.verdict === verdict)?.records ?? 0)
    return { allowed: of('allowed'), denied: of('denied') }
  }
}

function rowOf(record: NewRecord): ColumnValue[] {
  return [
    record.entryId,
    record.messageId,
    record.type,
    record.source,
    JSON.stringify(record.deliveredTo),
    record.verdict,
    record.code,
    record.reason,
    record.taskId,
    record.traceId,
    record.tenant,
    record.at,
    JSON.stringify(record.header),
    record.data,
    record.dataSha256,
    record.dataBytes,
  ]
}
