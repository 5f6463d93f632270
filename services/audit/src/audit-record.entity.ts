import { Column, Entity, PrimaryGeneratedColumn } from '@guildhall/mysql'

/** By what the router's verdict on one message is found, and where the rest of it lies. Never changed. */
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

  @Column({ type: 'varchar', length: 10 })
  verdict!: 'allowed' | 'denied'

  @Column({ type: 'varchar', length: 100, nullable: true })
  code!: string | null

  @Column({ name: 'task_id', type: 'char', length: 36, nullable: true })
  taskId!: string | null

  @Column({ name: 'trace_id', type: 'char', length: 32, nullable: true })
  traceId!: string | null

  @Column({ type: 'varchar', length: 100, nullable: true })
  tenant!: string | null

  @Column({ type: 'datetime', precision: 3 })
  at!: Date

  /** The block that holds the entry, and its place there. */
  @Column({ name: 'block_id', type: 'bigint' })
  blockId!: string

  @Column({ name: 'block_position', type: 'int' })
  blockPosition!: number
}
