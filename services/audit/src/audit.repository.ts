import { Inject, Injectable } from '@nestjs/common'
import type { AuditList } from '@guildhall/contracts'
import { Database, In, inStatements } from '@guildhall/mysql'
import type { NewRecord } from './audit.record.js'
import { AuditRecord } from './audit-record.entity.js'

/** What stands in the place of the tenant when nobody knows the sender; the router's word. */
const nobodysTenant = 'unknown'

/** Some 100 records of the usual size: enough for one statement, and few enough that several make up a batch. */
const statementBytes = 512 * 1024

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
const insertion = `INSERT INTO audit_records (${columns.join(', ')}) VALUES ? ON DUPLICATE KEY UPDATE seq = seq`

@Injectable()
export class AuditRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Adds all of the records or none, in their order; those of entries taken in before stay as they are. One commit for
   * all; while the server works on one statement the next is already made ready.
   */
  async add(records: readonly NewRecord[]): Promise<void> {
    const rows = records.map(rowOf)
    await this.database.transact(({ manager }) =>
      // INSERT IGNORE would also swallow values that do not fit.
      Promise.all(
        inStatements(rows, bytesOf, statementBytes).map((some) => manager.query(insertion, [some])),
      ),
    )
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

type Row = ReturnType<typeof rowOf>

function rowOf(record: NewRecord) {
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
  ] as const
}

/** At most, roughly: a character takes up to three bytes, and some are escaped. */
function bytesOf(row: Row): number {
  return row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? 4 * value.length : 40), 0)
}
