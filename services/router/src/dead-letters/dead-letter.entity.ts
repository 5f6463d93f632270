import type { DeadLetterState } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** A message that a service could not handle, byte for byte. */
@Entity({ name: 'dead_letters' })
export class DeadLetterRecord {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  /** Shard, service and entry id together tell an entry that is read twice. */
  @Column({ type: 'varchar', length: 32 })
  shard!: string

  @Column({ type: 'varchar', length: 64 })
  service!: string

  @Column({ name: 'entry_id', type: 'varchar', length: 41 })
  entryId!: string

  @Column({ name: 'message_id', type: 'char', length: 36, nullable: true })
  messageId!: string | null

  @Column({ type: 'varchar', length: 100, nullable: true })
  type!: string | null

  @Column({ type: 'varchar', length: 100, nullable: true })
  tenant!: string | null

  @Column({ name: 'task_id', type: 'char', length: 36, nullable: true })
  taskId!: string | null

  @Column({ name: 'trace_id', type: 'char', length: 32, nullable: true })
  traceId!: string | null

  @Column({ type: 'varchar', length: 100 })
  code!: string

  @Column({ type: 'varchar', length: 1000 })
  message!: string

  @Column({ type: 'int' })
  attempts!: number

  /** When it was given up. */
  @Column({ type: 'datetime', precision: 3 })
  at!: Date

  /** DeadLetterField[] as JSON; null once it is purged. */
  @Column({ type: 'longtext', nullable: true })
  fields!: string | null

  /** What was too large to travel in the fields. */
  @Column({ type: 'longblob', nullable: true })
  payload!: Buffer | null

  /** How often the message was put back, as this and as earlier dead letters. */
  @Column({ type: 'int' })
  redrives!: number

  @Column({ type: 'varchar', length: 10 })
  state!: DeadLetterState
}
