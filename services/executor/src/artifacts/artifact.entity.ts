import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** A file that a run left behind, as the executor keeps it. */
@Entity({ name: 'artifacts' })
export class Artifact {
  @PrimaryColumn({ name: 'run_id', type: 'char', length: 36 })
  runId!: string

  /** Path below `artifacts/` in the workspace, with `/`. */
  @PrimaryColumn({ type: 'varchar', length: 200 })
  name!: string

  @Column({ name: 'task_id', type: 'char', length: 36 })
  taskId!: string

  @Column({ name: 'size_bytes', type: 'int', unsigned: true })
  sizeBytes!: number

  @Column({ type: 'char', length: 64 })
  sha256!: string

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
