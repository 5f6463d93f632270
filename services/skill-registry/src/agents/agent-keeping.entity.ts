import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** The question whether an ephemeral agent is kept. */
@Entity({ name: 'agent_keepings' })
export class AgentKeeping {
  /** The name of the question, as the one who answers has it too. */
  @PrimaryColumn({ name: 'ask_id', type: 'char', length: 36 })
  askId!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ name: 'agent_id', type: 'char', length: 36 })
  agentId!: string

  /** `approvalDigest` of what was asked. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  /** `void`: allowed, but by then the agent was no longer what was asked about. */
  @Column({ type: 'varchar', length: 20 })
  state!: 'asked' | 'kept' | 'refused' | 'void'

  /** Client id. */
  @Column({ name: 'asked_by', type: 'varchar', length: 64 })
  askedBy!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
