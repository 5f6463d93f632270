import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** How much room a key of an agent's state takes, wherever its value is. */
@Entity({ name: 'agent_state_keys' })
export class AgentStateKey {
  @PrimaryColumn({ type: 'varchar', length: 200 })
  space!: string

  /** SHA-256 of the key, in hex. */
  @PrimaryColumn({ name: 'key_digest', type: 'char', length: 64 })
  keyDigest!: string

  /** Of the value as JSON, and of the key. */
  @Column({ type: 'int', unsigned: true })
  bytes!: number

  @Column({ name: 'expires_at', type: 'datetime', precision: 3, nullable: true })
  expiresAt!: Date | null
}
