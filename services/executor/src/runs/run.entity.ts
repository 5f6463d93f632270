import type { MessageOrigin, TaskRun } from '@guildhall/contracts'
import type { BudgetState } from '@guildhall/models'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'
import type { RunState } from './run.states.js'

/** One attempt of an agent at a task, from `task.run` to its end. */
@Entity({ name: 'runs' })
export class Run {
  @PrimaryColumn({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'varchar', length: 20 })
  state!: RunState

  /** `task.run` as it came; null when the run was canceled before it came. */
  @Column({ type: 'json', nullable: true })
  request!: TaskRun | null

  /** What the run's messages pass on. */
  @Column({ type: 'json' })
  origin!: MessageOrigin

  /** Instance that works on it. */
  @Column({ name: 'lease_owner', type: 'varchar', length: 128, nullable: true })
  leaseOwner!: string | null

  /** The process that works on it; whoever holds another token must not write. */
  @Column({ name: 'lease_token', type: 'char', length: 36, nullable: true })
  leaseToken!: string | null

  /** By the server's clock; before it nobody else takes the run. */
  @Column({ name: 'lease_until', type: 'datetime', precision: 3, nullable: true })
  leaseUntil!: Date | null

  @Column({ type: 'int' })
  claims!: number

  @Column({ type: 'int' })
  restarts!: number

  /** The versions of the registered functions that it began with, by source; null before it began. */
  @Column({ name: 'function_versions', type: 'json', nullable: true })
  functionVersions!: Record<string, string> | null

  /** What the run has used up of models; null before it asks one. */
  @Column({ name: 'model_budget', type: 'json', nullable: true })
  modelBudget!: BudgetState | null

  @Column({ name: 'cancel_requested_at', type: 'datetime', precision: 3, nullable: true })
  cancelRequestedAt!: Date | null

  @Column({ name: 'cancel_reason', type: 'varchar', length: 500, nullable: true })
  cancelReason!: string | null

  @Column({ name: 'error_code', type: 'varchar', length: 100, nullable: true })
  errorCode!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  /** When it was first claimed: its time runs from here, restarts included. */
  @Column({ name: 'started_at', type: 'datetime', precision: 3, nullable: true })
  startedAt!: Date | null

  /** When it was put aside for a person; null when it never was, or for something else last. */
  @Column({ name: 'waiting_since', type: 'datetime', precision: 3, nullable: true })
  waitingSince!: Date | null

  /** How long it waited for people so far, in milliseconds: time that does not count as the run's. */
  @Column({ name: 'waited_ms', type: 'bigint', transformer: { from: Number, to: (ms: unknown) => ms } })
  waitedMs!: number

  /** Of a run that waits for what it handed on: when its time is over. */
  @Column({ name: 'waiting_until', type: 'datetime', precision: 3, nullable: true })
  waitingUntil!: Date | null

  @Column({ name: 'finished_at', type: 'datetime', precision: 3, nullable: true })
  finishedAt!: Date | null
}

/** A run that this process holds the lease of. */
export type ClaimedRun = Run & { request: TaskRun; startedAt: Date }
