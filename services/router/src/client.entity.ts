import type { Role } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** Who may speak on the gateway stream. The token itself is kept nowhere, only its hash. */
@Entity({ name: 'clients' })
export class ClientRecord {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'json' })
  roles!: Role[]

  /** SHA-256 of the token, hex. */
  @Column({ name: 'token_sha256', type: 'char', length: 64 })
  tokenSha256!: string

  @Column({ name: 'revoked_at', type: 'datetime', precision: 3, nullable: true })
  revokedAt!: Date | null
}
