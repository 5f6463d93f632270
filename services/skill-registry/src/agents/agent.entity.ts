import type { AgentState } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** An agent; what it is stands in its versions. Rows are never deleted. */
@Entity({ name: 'agents' })
export class Agent {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'varchar', length: 64 })
  name!: string

  /** The name while active, else null: unique within the tenant. */
  @Column({ name: 'active_name', type: 'varchar', length: 64, nullable: true })
  activeName!: string | null

  @Column({ type: 'varchar', length: 20 })
  state!: AgentState

  /** Serves the one task below, and is never matched with another. */
  @Column({ type: 'boolean' })
  ephemeral!: boolean

  @Column({ name: 'current_version', type: 'int' })
  currentVersion!: number

  /** The task that an ephemeral agent was hired for. */
  @Column({ name: 'task_id', type: 'char', length: 36, nullable: true })
  taskId!: string | null

  /** When an ephemeral agent goes even if nobody says that its task is over; null for a permanent one. */
  @Column({ name: 'expires_at', type: 'datetime', precision: 3, nullable: true })
  expiresAt!: Date | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
