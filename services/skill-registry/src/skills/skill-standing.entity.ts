import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'

/** Which version of a skill is handed out: the pinned one, else the newest; of a retired skill none. */
@Entity({ name: 'skill_standings' })
export class SkillStanding {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string

  @Column({ name: 'newest_version', type: 'int' })
  newestVersion!: number

  @Column({ name: 'pinned_version', type: 'int', nullable: true })
  pinnedVersion!: number | null

  @Column({ name: 'retired_at', type: 'datetime', precision: 3, nullable: true })
  retiredAt!: Date | null
}
