import { Column, Entity, PrimaryGeneratedColumn } from '@guildhall/mysql'

/** What came in together, as audit.block.ts packs it. Never changed. */
@Entity({ name: 'audit_blocks' })
export class AuditBlock {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string

  @Column({ type: 'longblob' })
  heads!: Buffer

  @Column({ type: 'longblob' })
  payloads!: Buffer
}
