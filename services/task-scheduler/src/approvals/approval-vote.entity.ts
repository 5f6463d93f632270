import type { ApprovalAnswer } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** What one client said to an approval: each has one voice. */
@Entity({ name: 'approval_votes' })
export class ApprovalVoteRow {
  @PrimaryColumn({ name: 'approval_id', type: 'char', length: 36 })
  approvalId!: string

  @PrimaryColumn({ name: 'client_id', type: 'varchar', length: 64 })
  clientId!: string

  @Column({ type: 'varchar', length: 40 })
  answer!: ApprovalAnswer

  @Column({ type: 'varchar', length: 2000, nullable: true })
  comment!: string | null

  @Column({ type: 'datetime', precision: 3 })
  at!: Date
}
