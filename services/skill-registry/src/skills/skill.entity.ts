import type { FunctionName, SkillConfiguration } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One version of a skill; never changed. The latest version is the highest of its name. */
@Entity({ name: 'skills' })
export class Skill {
  @PrimaryColumn({ type: 'char', length: 36 })
  id!: string

  @Column({ type: 'varchar', length: 64 })
  tenant!: string

  @Column({ type: 'varchar', length: 64 })
  name!: string

  @Column({ type: 'int' })
  version!: number

  /** SHA-256 of the canonical JSON of the content. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'varchar', length: 1024 })
  description!: string

  @Column({ type: 'varchar', length: 500, nullable: true })
  license!: string | null

  @Column({ type: 'varchar', length: 500, nullable: true })
  compatibility!: string | null

  @Column({ type: 'json' })
  metadata!: Record<string, string>

  @Column({ name: 'required_capabilities', type: 'json' })
  requiredCapabilities!: FunctionName[]

  @Column({ name: 'prompt_template', type: 'mediumtext' })
  promptTemplate!: string

  @Column({ type: 'json' })
  configuration!: SkillConfiguration

  @Column({ type: 'json' })
  tags!: string[]

  @Column({ type: 'json' })
  examples!: string[]

  /** Path below the skill's folder to text. */
  @Column({ type: 'json' })
  files!: Record<string, string>

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
