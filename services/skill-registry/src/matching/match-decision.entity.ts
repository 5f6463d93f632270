import type { AgentCandidate, MatchExplained, MatchSummary, Rights } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** What a decision was made of, besides what its summary says. */
export interface MatchEvidence {
  /** Of the tenant's registry. */
  revision: number
  /** The skill versions that the task needs. */
  skillIds: string[]
  facets: MatchExplained['facets']
  /** The best three. */
  candidates: AgentCandidate[]
}

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
  outcome!: 'matched' | 'uncertain' | 'proposed' | 'unmatched'

  @Column({ name: 'match_summary', type: 'json' })
  match!: MatchSummary

  /** What the requester may let an agent do; null in decisions of the release before. */
  @Column({ type: 'json', nullable: true })
  requester!: { rights: Rights } | null

  /** Null in decisions of the release before. */
  @Column({ type: 'json', nullable: true })
  evidence!: MatchEvidence | null

  /** What a person answered to an uncertain decision; null before. */
  @Column({ type: 'varchar', length: 20, nullable: true })
  answer!: 'chosen' | 'proposed' | null

  /** Which matcher decided. */
  @Column({ type: 'varchar', length: 20 })
  source!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
