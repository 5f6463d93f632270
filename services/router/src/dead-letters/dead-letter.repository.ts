import { Inject, Injectable } from '@nestjs/common'
import type { DeadLetterList, DeadLetterState } from '@guildhall/contracts'
import { Database, type EntityManager, In, LessThan, MoreThanOrEqual, row } from '@guildhall/mysql'
import { DeadLetterRecord } from './dead-letter.entity.js'

export type DeadLetterFilter = Pick<DeadLetterList, 'service' | 'type' | 'code' | 'taskId' | 'since'>

// A statement takes 16 MiB at most.
const largestStatementChars = 4 * 1024 * 1024

const columns = [
  'id',
  'shard',
  'service',
  'entry_id',
  'message_id',
  'type',
  'tenant',
  'task_id',
  'trace_id',
  'code',
  'message',
  'attempts',
  'at',
  'fields',
  'redrives',
  'state',
]
const places = `(${columns.map(() => '?').join(', ')})`
const withoutFields = {
  id: true,
  service: true,
  messageId: true,
  type: true,
  tenant: true,
  taskId: true,
  traceId: true,
  code: true,
  message: true,
  attempts: true,
  at: true,
  redrives: true,
  state: true,
} as const

@Injectable()
export class DeadLetterRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Adds the records; those of entries taken in before stay as they are. */
  async add(records: readonly DeadLetterRecord[]): Promise<void> {
    for (const some of inStatements(records)) {
      await this.database.manager.query(
        `INSERT INTO dead_letters (${columns.join(', ')}) VALUES ${some.map(() => places).join(', ')}
         ON DUPLICATE KEY UPDATE entry_id = VALUES(entry_id)`,
        some.flatMap((one) => [
          one.id,
          one.shard,
          one.service,
          one.entryId,
          one.messageId,
          one.type,
          one.tenant,
          one.taskId,
          one.traceId,
          one.code,
          one.message,
          one.attempts,
          one.at,
          one.fields,
          one.redrives,
          one.state,
        ]),
      )
    }
  }

  /** A page, newest first, without the fields, and how many more there are behind it. */
  async page(request: DeadLetterList): Promise<{ records: DeadLetterRecord[]; count: number }> {
    const { state = 'waiting', after, limit = 100 } = request
    // Ids are made in the order in which the letters came.
    const where = { ...conditions(request), state, ...(after !== undefined && { id: LessThan(after) }) }
    const [records, count] = await this.database.manager.findAndCount(DeadLetterRecord, {
      where,
      select: withoutFields,
      order: { id: 'DESC' },
      take: limit,
    })
    return { records, count }
  }

  async find(id: string): Promise<DeadLetterRecord | null> {
    return this.database.manager.findOneBy(DeadLetterRecord, { id: id.toLowerCase() })
  }

  /** Those of the ids that exist, or the oldest that fit the filter and wait; locked until the transaction ends. */
  async take(
    manager: EntityManager,
    request: DeadLetterFilter & { ids?: string[] },
    limit: number,
  ): Promise<DeadLetterRecord[]> {
    const where = request.ids
      ? { ...conditions(request), id: In(request.ids.map((id) => id.toLowerCase())) }
      : { ...conditions(request), state: 'waiting' as const }
    return manager.find(DeadLetterRecord, {
      where,
      order: { id: 'ASC' },
      take: limit,
      lock: { mode: 'pessimistic_write' },
    })
  }

  /** How many fit the filter and wait. */
  countWaiting(manager: EntityManager, filter: DeadLetterFilter): Promise<number> {
    return manager.countBy(DeadLetterRecord, { ...conditions(filter), state: 'waiting' })
  }

  async mark(manager: EntityManager, id: string, state: DeadLetterState, redrives: number): Promise<void> {
    const bytes = state === 'purged' ? { fields: null, payload: null } : {}
    await manager.update(DeadLetterRecord, { id }, row<DeadLetterRecord>({ state, redrives, ...bytes }))
  }
}

function conditions({ service, type, code, taskId, since }: DeadLetterFilter) {
  return {
    ...(service !== undefined && { service }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(taskId !== undefined && { taskId: taskId.toLowerCase() }),
    ...(since !== undefined && { at: MoreThanOrEqual(new Date(since)) }),
  }
}

function inStatements(records: readonly DeadLetterRecord[]): DeadLetterRecord[][] {
  const statements: DeadLetterRecord[][] = []
  let chars = Infinity
  for (const record of records) {
    chars += record.fields?.length ?? 0
    if (chars > largestStatementChars) {
      statements.push([])
      chars = record.fields?.length ?? 0
    }
    statements.at(-1)?.push(record)
  }
  return statements
}
