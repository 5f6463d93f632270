import type {
  AgentSnapshot,
  ArtifactRef,
  InputFile,
  MatchSummary,
  MountRequest,
  Rights,
  TaskError,
  TaskState,
} from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

@Entity({ name: 'tasks' })
export class Task {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  /** The client that hears what becomes of it. */
  @Column({ name: 'client_id', type: 'varchar', length: 64 })
  clientId!: string

  @Column({ type: 'mediumtext' })
  goal!: string

  @Column({ type: 'json' })
  inputs!: Record<string, unknown>

  @Column({ type: 'json' })
  files!: InputFile[]

  @Column({ type: 'json' })
  mounts!: MountRequest[]

  /** What may be done for it at most: what its requester held when it was handed in, or what was asked for of that. */
  @Column({ type: 'json' })
  rights!: Rights

  /** The task and the run that handed it on; null when a client handed it in. */
  @Column({ name: 'parent_task_id', type: 'char', length: 36, nullable: true })
  parentTaskId!: string | null

  @Column({ name: 'parent_run_id', type: 'char', length: 36, nullable: true })
  parentRunId!: string | null

  /** How often it was handed on; 0 for a task of a client. */
  @Column({ type: 'int' })
  depth!: number

  @Column({ type: 'varchar', length: 20 })
  state!: TaskState

  @Column({ type: 'int' })
  attempt!: number

  @Column({ name: 'max_attempts', type: 'int' })
  maxAttempts!: number

  @Column({ name: 'timeout_ms', type: 'int' })
  timeoutMs!: number

  /** The current attempt's run; messages of any other run came too late. */
  @Column({ name: 'run_id', type: 'char', length: 36, nullable: true })
  runId!: string | null

  @Column({ type: 'json', nullable: true })
  agent!: AgentSnapshot | null

  @Column({ name: 'match_summary', type: 'json', nullable: true })
  match!: MatchSummary | null

  @Column({ name: 'approval_id', type: 'char', length: 36, nullable: true })
  approvalId!: string | null

  @Column({ type: 'mediumtext', nullable: true })
  result!: string | null

  @Column({ type: 'json', nullable: true })
  error!: TaskError | null

  @Column({ type: 'json' })
  artifacts!: ArtifactRef[]

  @Column({ name: 'cancel_reason', type: 'varchar', length: 500, nullable: true })
  cancelReason!: string | null

  /** Where the task's trace began: what goes on after a long wait goes on in it. */
  @Column({ type: 'varchar', length: 55, nullable: true })
  traceparent!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'updated_at', type: 'datetime', precision: 3 })
  updatedAt!: Date
}
