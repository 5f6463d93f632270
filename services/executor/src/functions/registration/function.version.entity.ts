import type { SkillFile } from '@guildhall/contracts'
import { Column, Entity, PrimaryColumn } from '@guildhall/mysql'
import type { CustomManifest } from '../custom/custom.manifest.js'
import type { RegisteredServer } from '../mcp/mcp.server.js'

/** What was registered under a version of a name; never changed. */
@Entity({ name: 'function_versions' })
export class FunctionVersion {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  tenant!: string

  /** `custom.<name>` or `mcp.<server>`. */
  @PrimaryColumn({ type: 'varchar', length: 100 })
  source!: string

  @PrimaryColumn({ type: 'varchar', length: 40 })
  version!: string

  /** SHA-256 (hex) of content and files. */
  @Column({ type: 'char', length: 64 })
  digest!: string

  @Column({ type: 'json' })
  content!: { custom: CustomManifest } | { mcp: RegisteredServer }

  @Column({ type: 'json' })
  files!: Record<string, SkillFile>

  @Column({ name: 'registered_by', type: 'varchar', length: 128 })
  registeredBy!: string

  @Column({ name: 'registered_at', type: 'datetime', precision: 3 })
  registeredAt!: Date
}
