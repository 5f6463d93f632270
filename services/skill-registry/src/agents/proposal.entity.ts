import type { AgentConfig, MatchSummary } from '@guildhall/contracts'
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

  @Column({ type: 'char', length: 64 })
  digest!: string

  /** The skill versions that were proposed: a newer one does not slip in between approval and run. */
  @Column({ name: 'skill_ids', type: 'json' })
  skillIds!: string[]

  @Column({ name: 'match_summary', type: 'json' })
  match!: MatchSummary

  @Column({ type: 'varchar', length: 20 })
  state!: 'proposed' | 'registered' | 'disposed'

  @Column({ name: 'agent_id', type: 'char', length: 36, nullable: true })
  agentId!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
