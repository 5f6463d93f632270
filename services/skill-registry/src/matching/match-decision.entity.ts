import type { MatchSummary } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** What was decided for a task, and why. */
@Entity({ name: 'match_decisions' })
export class MatchDecision {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'mediumtext' })
  goal!: string

  @Column({ type: 'varchar', length: 20 })
  outcome!: 'matched' | 'proposed' | 'unmatched'

  @Column({ name: 'match_summary', type: 'json' })
  match!: MatchSummary

  /** Which matcher decided: `lexical`. */
  @Column({ type: 'varchar', length: 20 })
  source!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
