import type { PolicyRules } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One version of the policy, never changed; the newest counts. */
@Entity({ name: 'policies' })
export class PolicyRecord {
  @PrimaryColumn({ type: 'int' })
  version!: number

  @Column({ type: 'json' })
  rules!: PolicyRules

  /** Client id; null for version 0, which nobody made. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  author!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3, nullable: true })
  createdAt!: Date | null
}
