import type { EventHeader } from '@guildhall/contracts'
import { Column, Entity, PrimaryGeneratedColumn } from '@guildhall/mysql'

/** What the router said about one message, with the message. Never changed. */
@Entity({ name: 'audit_records' })
export class AuditRecord {
  /** As text: the driver gives a BIGINT like this. */
  @PrimaryGeneratedColumn({ type: 'bigint' })
  seq!: string

  /** Id of the audit stream's entry and its shard; unique, so that an entry read twice is one record. */
  @Column({ name: 'entry_id', type: 'varchar', length: 40 })
  entryId!: string

  @Column({ name: 'message_id', type: 'char', length: 36 })
  messageId!: string

  @Column({ type: 'varchar', length: 100 })
  type!: string

  @Column({ type: 'varchar', length: 200 })
  source!: string

  @Column({ name: 'delivered_to', type: 'json' })
  deliveredTo!: string[]

  @Column({ type: 'varchar', length: 10 })
  verdict!: 'allowed' | 'denied'

  @Column({ type: 'varchar', length: 100, nullable: true })
  code!: string | null

  @Column({ type: 'varchar', length: 1000, nullable: true })
  reason!: string | null

  @Column({ name: 'task_id', type: 'char', length: 36, nullable: true })
  taskId!: string | null

  @Column({ name: 'trace_id', type: 'char', length: 32, nullable: true })
  traceId!: string | null

  @Column({ type: 'varchar', length: 100, nullable: true })
  tenant!: string | null

  @Column({ type: 'datetime', precision: 3 })
  at!: Date

  @Column({ type: 'json' })
  header!: EventHeader | Record<string, never>

  @Column({ type: 'mediumtext' })
  data!: string

  /** Of `data` in UTF-8, hex. */
  @Column({ name: 'data_sha256', type: 'char', length: 64 })
  dataSha256!: string

  @Column({ name: 'data_bytes', type: 'int' })
  dataBytes!: number
}
