import { Inject, Injectable } from '@nestjs/common'
import type { AuditList } from '@guildhall/contracts'
import { type ColumnValue, Database, In, insertRows, type RowInsertion } from '@guildhall/mysql'
import { type EntryHead, type PackedBlock, unpackHeads } from './audit.block.js'
import type { NewRecord } from './audit.record.js'
import { AuditBlock } from './audit-block.entity.js'
import { AuditRecord } from './audit-record.entity.js'

/** What stands in the place of the tenant when nobody knows the sender; the router's word. */
const nobodysTenant = 'unknown'

const columns = [
  'entry_id',
  'message_id',
  'verdict',
  'code',
  'task_id',
  'trace_id',
  'tenant',
  'at',
  'block_id',
  'block_position',
]
/** Blocks that a list reads with one statement: they may have some 100 KiB each. */
const blocksAtOnce = 50
const blockInsertion: RowInsertion = { into: 'INSERT INTO audit_blocks (heads, payloads)', row: '(?, ?)' }
const insertion: RowInsertion = {
  into: `INSERT INTO audit_records (${columns.join(', ')})`,
  row: `(${columns.map(() => '?').join(', ')})`,
  // INSERT IGNORE would also swallow values that do not fit.
  then: 'ON DUPLICATE KEY UPDATE seq = seq',
}

@Injectable()
export class AuditRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Adds all of the records or none, in their order; those of entries taken in before stay as they are.
   * @param block holds the entry of each record in the same place.
   */
  async add({ heads, payloads }: PackedBlock, records: readonly NewRecord[]): Promise<void> {
    await this.database.transact(async ({ manager }) => {
      const blockId = await insertRows(manager, blockInsertion, [[heads, payloads]])
      const rows = records.map((record, position) => rowOf(record, blockId, position))
      await insertRows(manager, insertion, rows)
    })
  }

  /**
   * The tenant's newest records, oldest first, with what their blocks say of them. Asked by verdict, also those that
   * belong to no tenant: of senders nobody could authenticate, and of entries nobody could read.
   */
  async newest(
    tenant: string,
    { taskId, traceId, verdict, limit = 100 }: AuditList,
  ): Promise<ListedRecord[]> {
    const tenants = verdict === undefined ? [tenant] : [tenant, nobodysTenant]
    const records = await this.database.manager.find(AuditRecord, {
      where: {
        tenant: In(tenants),
        ...(taskId !== undefined && { taskId: taskId.toLowerCase() }),
        ...(traceId !== undefined && { traceId }),
        ...(verdict !== undefined && { verdict }),
      },
      order: { seq: 'DESC' },
      take: limit,
    })
    return this.withHeads(records.reverse())
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

  private async withHeads(records: readonly AuditRecord[]): Promise<ListedRecord[]> {
    const heads = new Map<string, EntryHead>()
    const byBlock = Map.groupBy(records, ({ blockId }) => blockId)
    const ids = [...byBlock.keys()]
    for (let start = 0; start < ids.length; start += blocksAtOnce) {
      const some = In(ids.slice(start, start + blocksAtOnce))
      const select = { id: true, heads: true } as const
      for (const block of await this.database.manager.find(AuditBlock, { where: { id: some }, select })) {
        const all = await unpackHeads(block.heads)
        for (const { seq, blockPosition } of byBlock.get(block.id) ?? [])
          heads.set(seq, all[blockPosition] as EntryHead)
      }
    }
    return records.map((record) => ({ record, head: heads.get(record.seq) as EntryHead }))
  }
}

export interface ListedRecord {
  record: AuditRecord
  head: EntryHead
}

function rowOf(record: NewRecord, blockId: number, position: number): ColumnValue[] {
  return [
    record.entryId,
    record.messageId,
    record.verdict,
    record.code,
    record.taskId,
    record.traceId,
    record.tenant,
    record.at,
    blockId,
    position,
  ]
}
