import type { AgentConfig } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** What an agent is in one version; never changed. */
@Entity({ name: 'agent_versions' })
export class AgentVersion {
  @PrimaryColumn({ name: 'agent_id', type: 'char', length: 36 })
  agentId!: string

  @PrimaryColumn({ type: 'int' })
  version!: number

  @Column({ type: 'json' })
  config!: AgentConfig

  /** SHA-256 of the canonical JSON of `config`. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
