import type { FunctionName, SkillConfiguration, SkillFile, SkillNote } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** One version of a skill (an AgentSkill, with the bytes that it was read from); never changed. */
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

  /** SHA-256 of the canonical JSON of SKILL.md, guildhall.yaml and the files. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'varchar', length: 1024 })
  description!: string

  @Column({ type: 'varchar', length: 2000, nullable: true })
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

  /** SKILL.md as it was registered. */
  @Column({ type: 'mediumtext' })
  markdown!: string

  /** guildhall.yaml as it was registered; null without one. */
  @Column({ type: 'mediumtext', nullable: true })
  sidecar!: string | null

  /** Every other file, by its path below the skill's folder. */
  @Column({ type: 'json' })
  files!: Record<string, SkillFile>

  /** What its owner should know about the text. */
  @Column({ type: 'json' })
  notes!: SkillNote[]

  /** The version whose content a roll back brought back. */
  @Column({ name: 'restored_from', type: 'int', nullable: true })
  restoredFrom!: number | null

  @Column({ name: 'created_at', type: 'datetime', precision: 3 })
  createdAt!: Date
}
