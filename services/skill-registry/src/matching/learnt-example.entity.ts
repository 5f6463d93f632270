import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** The text of a task that a person gave to an agent with this skill: an example of what the skill is for. */
@Entity({ name: 'learnt_examples' })
export class LearntExample {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  /** Its name: what was learnt holds for every version. */
  @PrimaryColumn({ type: 'varchar', length: 64 })
  skill!: string

  /** SHA-256 of the example: the same text is learnt once. */
  @PrimaryColumn({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'text' })
  example!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ name: 'learnt_at', type: 'datetime', precision: 3 })
  learntAt!: Date
}
