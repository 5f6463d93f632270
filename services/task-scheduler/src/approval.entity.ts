import type { AgentConfig, ApprovalAnswer, ApprovalState, MatchSummary } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One durable decision by a person, bound to the digest of exactly what will happen. */
@Entity({ name: 'approvals' })
export class Approval {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'varchar', length: 20 })
  kind!: 'new-agent'

  @Column({ name: 'proposal_id', type: 'char', length: 36 })
  proposalId!: string

  @Column({ type: 'varchar', length: 1000 })
  question!: string

  @Column({ type: 'json' })
  proposal!: AgentConfig

  @Column({ name: 'match_summary', type: 'json' })
  match!: MatchSummary

  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'varchar', length: 20 })
  state!: ApprovalState

  @Column({ name: 'default_answer', type: 'varchar', length: 20 })
  defaultAnswer!: ApprovalAnswer

  @Column({ type: 'datetime', precision: 3 })
  deadline!: Date

  @Column({ type: 'varchar', length: 20, nullable: true })
  answer!: ApprovalAnswer | null

  @Column({ name: 'decided_by', type: 'varchar', length: 64, nullable: true })
  decidedBy!: string | null

  @Column({ name: 'decided_at', type: 'datetime', precision: 3, nullable: true })
  decidedAt!: Date | null

  @Column({ type: 'varchar', length: 2000, nullable: true })
  comment!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
