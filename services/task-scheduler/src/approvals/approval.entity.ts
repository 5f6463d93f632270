import type {
  ApprovalAnswer,
  ApprovalFile,
  ApprovalKind,
  ApprovalOption,
  ApprovalRisk,
  Approvers,
  ApprovalState,
  MatchSummary,
  ServiceName,
} from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One durable question to a person, bound to the digest of exactly what will happen. Rows are never deleted. */
@Entity({ name: 'approvals' })
export class Approval {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'varchar', length: 20 })
  kind!: ApprovalKind

  /** The registry's name for what a new agent is made of. */
  @Column({ name: 'proposal_id', type: 'char', length: 36, nullable: true })
  proposalId!: string | null

  @Column({ type: 'varchar', length: 1000 })
  question!: string

  @Column({ type: 'varchar', length: 10, nullable: true })
  risk!: ApprovalRisk | null

  @Column({ type: 'json' })
  subject!: object

  @Column({ type: 'json' })
  files!: ApprovalFile[]

  @Column({ type: 'json' })
  options!: ApprovalOption[]

  @Column({ name: 'match_summary', type: 'json', nullable: true })
  match!: MatchSummary | null

  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'varchar', length: 20 })
  state!: ApprovalState

  @Column({ name: 'requested_by', type: 'varchar', length: 64 })
  requestedBy!: string

  @Column({ name: 'asked_by', type: 'varchar', length: 32 })
  askedBy!: ServiceName

  /** The asker's name for its step; a question of the match has none. */
  @Column({ name: 'ask_id', type: 'char', length: 36, nullable: true })
  askId!: string | null

  /** Who may answer, as the policy said when it was asked. */
  @Column({ type: 'json' })
  approvers!: Approvers

  /** Who may answer too from `escalatesAt` on. */
  @Column({ type: 'json', nullable: true })
  escalation!: Roster | null

  @Column({ name: 'escalates_at', type: 'datetime', precision: 3, nullable: true })
  escalatesAt!: Date | null

  @Column({ name: 'escalated_at', type: 'datetime', precision: 3, nullable: true })
  escalatedAt!: Date | null

  @Column({ name: 'default_answer', type: 'varchar', length: 40 })
  defaultAnswer!: ApprovalAnswer

  @Column({ type: 'datetime', precision: 3 })
  deadline!: Date

  @Column({ type: 'varchar', length: 40, nullable: true })
  answer!: ApprovalAnswer | null

  /** A client's id, `policy:<rule>`, `approval:<id>`, or null when nobody decided. */
  @Column({ name: 'decided_by', type: 'varchar', length: 64, nullable: true })
  decidedBy!: string | null

  @Column({ name: 'decided_at', type: 'datetime', precision: 3, nullable: true })
  decidedAt!: Date | null

  @Column({ type: 'varchar', length: 2000, nullable: true })
  comment!: string | null

  @Column({ name: 'used_at', type: 'datetime', precision: 3, nullable: true })
  usedAt!: Date | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}

/** Clients by role and by id. */
export type Roster = Pick<Approvers, 'roles' | 'clients'>
