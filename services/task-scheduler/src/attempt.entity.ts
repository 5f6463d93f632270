import type { AgentRef, RunUsage, TaskError } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One run of a task: which agent version, and how it ended. */
@Entity({ name: 'attempts' })
export class Attempt {
  @PrimaryColumn({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'int' })
  number!: number

  @Column({ type: 'json' })
  agent!: AgentRef

  @Column({ type: 'varchar', length: 20 })
  state!: 'scheduled' | 'running' | 'succeeded' | 'failed' | 'canceled'

  @Column({ type: 'json', nullable: true })
  error!: TaskError | null

  /** What the run used up; null until it said so. */
  @Column({ type: 'json', nullable: true })
  used!: RunUsage | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null
}
