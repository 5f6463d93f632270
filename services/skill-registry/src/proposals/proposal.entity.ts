import type { AgentConfig, MatchSummary, ProposalContent, ProposalEnding } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** An agent configuration made for a task, before and after somebody approved it. */
@Entity({ name: 'proposals' })
export class Proposal {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'json' })
  config!: AgentConfig

  /** Exactly what a person is asked to approve; null in proposals of the release before. */
  @Column({ type: 'json', nullable: true })
  content!: ProposalContent | null

  /** `approvalDigest` of the content. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  /** The skill versions that were proposed: a newer one does not slip in between approval and run. */
  @Column({ name: 'skill_ids', type: 'json' })
  skillIds!: string[]

  @Column({ name: 'match_summary', type: 'json' })
  match!: MatchSummary

  @Column({ type: 'varchar', length: 20 })
  state!: 'proposed' | 'registered' | 'disposed' | ProposalEnding

  @Column({ name: 'agent_id', type: 'char', length: 36, nullable: true })
  agentId!: string | null

  /** The decision that it came of; null in proposals of the release before. */
  @Column({ name: 'match_id', type: 'char', length: 36, nullable: true })
  matchId!: string | null

  /** When it stopped to wait for an answer. */
  @Column({ name: 'ended_at', type: 'datetime', precision: 3, nullable: true })
  endedAt!: Date | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
