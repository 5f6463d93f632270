import type { ApprovalAnswered, AskedKind } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** What a run asked a person about one of its steps, and what the person said. Used: the run has gone by the answer. */
@Entity({ name: 'questions' })
export class Question {
  @PrimaryColumn({ name: 'ask_id', type: 'char', length: 36 })
  askId!: string

  @Column({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  @Column({ name: 'step_index', type: 'int' })
  stepIndex!: number

  @Column({ type: 'varchar', length: 20 })
  kind!: AskedKind

  @Column({ name: 'asked_at', type: 'datetime', precision: 3 })
  askedAt!: Date

  @Column({ type: 'json', nullable: true })
  answer!: ApprovalAnswered | null

  @Column({ name: 'answered_at', type: 'datetime', precision: 3, nullable: true })
  answeredAt!: Date | null

  @Column({ name: 'used_at', type: 'datetime', precision: 3, nullable: true })
  usedAt!: Date | null
}
