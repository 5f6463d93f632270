import type { ApprovalRules } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One version of a tenant's policy, never changed; the newest counts. */
@Entity({ name: 'approval_policies' })
export class ApprovalPolicyRecord {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  @PrimaryColumn({ type: 'int' })
  version!: number

  @Column({ type: 'json' })
  rules!: ApprovalRules

  /** Client id; null for version 0, which nobody made. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  author!: string | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3, nullable: true })
  createdAt!: Date | null
}

/** How often a rule has approved without asking. */
@Entity({ name: 'auto_approvals' })
export class AutoApprovalCount {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  @PrimaryColumn({ type: 'varchar', length: 40 })
  name!: string

  @Column({ type: 'int' })
  uses!: number
}
