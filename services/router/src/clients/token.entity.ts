import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** A credential of a client. The token itself is kept nowhere, only its hash. */
@Entity({ name: 'tokens' })
export class TokenRecord {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  /** Of the token, hex. */
  @Column({ type: 'char', length: 64 })
  sha256!: string

  @Column({ name: 'client_id', type: 'varchar', length: 64 })
  clientId!: string

  @Column({ type: 'varchar', length: 100 })
  label!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date

  @Column({ name: 'expires_at', type: 'datetime', precision: 3, nullable: true })
  expiresAt!: Date | null

  @Column({ name: 'revoked_at', type: 'datetime', precision: 3, nullable: true })
  revokedAt!: Date | null
}
