import type { Rights, Role } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** Who may speak on the gateway stream. */
@Entity({ name: 'clients' })
export class ClientRecord {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'json' })
  roles!: Role[]

  /** What its tasks and agents may do at most; null: what the policy gives to those without rights of their own. */
  @Column({ type: 'json', nullable: true })
  rights!: Rights | null

  /** Name of the stream on which it is answered; whoever shares its Redis user must not be able to guess it. */
  @Column({ name: 'reply_stream', type: 'varchar', length: 128 })
  replyStream!: string

  @Column({ name: 'revoked_at', type: 'datetime', precision: 3, nullable: true })
  revokedAt!: Date | null
}
