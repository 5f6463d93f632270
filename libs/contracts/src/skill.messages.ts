import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Length, Min } from 'class-validator'
import type { AgentSkill } from './agent.skill.js'
import type { SkillFile } from './skill.files.js'

/** Something about a skill's text that its owner should know and that did not stop it. */
export interface SkillNote {
  /** Kebab-case, for programs: `tool-unknown`, `tool-widened`, `tools-absent`, `field-without-effect`, … */
  code: string
  message: string
}

/**
 * `skill.register`: import a skill; the newest version's bytes again change nothing, others make a new version. A
 * retired skill is handed out again. A pinned one stays pinned: what is new waits for `skill.unpin`.
 */
export class SkillRegister {
  /** The text of SKILL.md (Agent Skills format), byte order mark and line ends included. */
  @IsString()
  @Length(1, 200_000)
  markdown!: string

  /** The text of guildhall.yaml: tags, examples, required_capabilities, parameters, steps, result. */
  @IsOptional()
  @IsString()
  @Length(0, 30_000)
  sidecar?: string

  /** Every other file of the skill's folder, by its path below it. */
  @IsOptional()
  @IsObject()
  files?: Record<string, SkillFile>

  /** The name of the folder, which must be the skill's; absent: there was none. */
  @IsOptional()
  @IsString()
  @Length(1, 255)
  folder?: string
}

export class SkillRegistered {
  /** The version that says what was registered. */
  skill!: SkillView
  /** False when the newest version said the same already. */
  created!: boolean
  /** True when the skill had been retired. */
  revived!: boolean
  notes!: SkillNote[]
}

/** `skill.list`: the tenant’s skills by name, each in the version that is handed out. */
export class SkillList {
  /** Show retired skills too. Default false. */
  @IsOptional()
  @IsBoolean()
  all?: boolean

  /** The next page: only those whose name comes behind this one. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  after?: string
}

export class SkillListed {
  skills!: SkillView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `skill.get`: one version of a skill, with the names of its files. */
export class SkillGet {
  @IsString()
  @Length(1, 64)
  name!: string

  /** Default: the one that is handed out; of a retired skill the newest. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number
}

export class SkillFound {
  skill!: SkillDetails
}

/** `skill.list-versions`: every version of a skill, newest first. */
export class SkillListVersions {
  @IsString()
  @Length(1, 64)
  name!: string

  /** The next page: only versions before this one. */
  @IsOptional()
  @IsInt()
  @Min(1)
  before?: number
}

export class SkillVersionsListed {
  /** The version that is handed out now. */
  skill!: SkillView
  versions!: SkillVersionView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `skill.pin`: hand this version out, whatever is registered later, until `skill.unpin`. */
export class SkillPin {
  @IsString()
  @Length(1, 64)
  name!: string

  @IsInt()
  @Min(1)
  version!: number
}

export class SkillPinned {
  skill!: SkillView
}

/** `skill.unpin`: hand the newest version out again. Without a pin nothing changes. */
export class SkillUnpin {
  @IsString()
  @Length(1, 64)
  name!: string
}

export class SkillUnpinned {
  skill!: SkillView
}

/**
 * `skill.roll-back`: what an older version says becomes the newest version, under a new number. Nothing changes when the
 * newest one says the same already. Refused while the skill is pinned or retired.
 */
export class SkillRollBack {
  @IsString()
  @Length(1, 64)
  name!: string

  @IsInt()
  @Min(1)
  version!: number
}

export class SkillRolledBack {
  skill!: SkillView
  /** False when the newest version said the same already. */
  created!: boolean
}

/** `skill.retire`: matched no more and given to no agent; runs that hold a version keep it. Takes the pin off. */
export class SkillRetire {
  @IsString()
  @Length(1, 64)
  name!: string
}

export class SkillRetired {
  skill!: SkillView
}

/** `skill.export`: a version as it was registered, byte for byte. */
export class SkillExport {
  @IsString()
  @Length(1, 64)
  name!: string

  /** Default: the one that is handed out; of a retired skill the newest. */
  @IsOptional()
  @IsInt()
  @Min(1)
  version?: number
}

export class SkillExported {
  name!: string
  version!: number
  digest!: string
  markdown!: string
  /** Absent: the folder had no guildhall.yaml. */
  sidecar?: string
  files!: Record<string, SkillFile>
}

export interface SkillView {
  id: string
  name: string
  version: number
  description: string
  requiredCapabilities: string[]
  tags: string[]
  /** Whether the script runtime can carry it out without a model. */
  scripted: boolean
  createdAt: string
  newestVersion: number
  /** The version that is handed out although it may not be the newest; absent without a pin. */
  pinnedVersion?: number
  /** Present when the skill is retired. */
  retiredAt?: string
}

export interface SkillVersionView {
  version: number
  /** SHA-256 of the canonical JSON of SKILL.md, guildhall.yaml and the files: equal folders have equal digests. */
  digest: string
  description: string
  /** The version whose content a roll back brought back. */
  restoredFrom?: number
  createdAt: string
}

/** One version of a skill without the content of its files, which `skill.export` has. */
export interface SkillDetails extends SkillView, AgentSkill {
  digest: string
  license?: string
  compatibility?: string
  /** From the front matter; values that are no texts as JSON. */
  metadata: Record<string, string>
  restoredFrom?: number
  notes: SkillNote[]
  files: SkillFileView[]
}

export interface SkillFileView {
  path: string
  sizeBytes: number
  executable: boolean
  isText: boolean
}
