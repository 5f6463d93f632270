import type { DelegationEnded } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'
import type { BudgetShare } from '../runtimes/run.budget.js'

/** A task that a step of a run handed on. */
@Entity({ name: 'delegations' })
export class Delegation {
  @PrimaryColumn({ name: 'delegated_task_id', type: 'char', length: 36 })
  delegatedTaskId!: string

  @Column({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  @Column({ name: 'step_index', type: 'int' })
  stepIndex!: number

  /** What it was given of the run's budget. */
  @Column({ type: 'json' })
  share!: BudgetShare

  @Column({ name: 'asked_at', type: 'datetime', precision: 3 })
  askedAt!: Date

  /** How it ended; null as long as it has not. */
  @Column({ type: 'json', nullable: true })
  ended!: DelegationEnded | null

  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null

  /** When the run first went by the end of it. */
  @Column({ name: 'used_at', type: 'datetime', precision: 3, nullable: true })
  usedAt!: Date | null
}
