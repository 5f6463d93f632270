import { IsBoolean, IsInt, IsObject, IsOptional, IsString, Length, Min } from 'class-validator'
import type { SkillFile } from './skill.files.js'

/** A value of a script step: a JSON value, or a whole value taken from elsewhere; never spliced into text. */
export type StepValue =
  string | number | boolean | null | StepReference | StepValue[] | { [name: string]: StepValue }
/**
 * `parameters.<name>`, `task.goal`, `task.mounts.<n>`, `task.inputs.<name>`; of an earlier step `steps.<id>.stdout`,
 * `.stderr`, `.text` (stdout without the white space around it), `.lines` (its lines that are not blank, a list) and
 * `.json` (what it says as JSON); in a step with `forEach` also `item`, `item.<name>` and `index`, from 0.
 *
 * Of an earlier step with `forEach` they are lists, one value for each time that it was made; its `.lines` are those of all
 * of them.
 */
export interface StepReference {
  ref: string
}

/** Compares what a reference names with a value, whole and by type. Exactly one comparison. */
export interface StepCondition extends StepReference {
  equals?: StepValue
  notEquals?: StepValue
  /** A list that has the value. */
  in?: StepValue
  /** Whether there is such a value: a step that was left out has none, nor a parameter that was neither given nor has a default. */
  exists?: boolean
}

/** A function call that a script skill declares, or one for each item of a list. */
export interface SkillStep {
  id: string
  /** A function name: `bash`, `fs.read`, … */
  call: string
  arguments: Record<string, StepValue>
  /** The step is left out when one of these does not hold; with `forEach` for the items of which it does not hold. */
  when?: StepCondition | StepCondition[]
  /** A list of at most `mostStepItems`, or a reference to one: the step is made for each item, one after the other. */
  forEach?: StepValue
}

/** Items of a `forEach` at most. */
export const mostStepItems = 1_000

/** What a skill says beyond words: how the script runtime carries it out. */
export interface SkillConfiguration {
  /** The input schema: JSON Schema of the inputs; a default may be a StepReference. */
  parameters?: Record<string, unknown>
  /** Absent: only a model can carry the skill out. */
  steps?: SkillStep[]
  /** What the task answers with; default: the last step's stdout. */
  result?: StepValue
}

/**
 * The seed's AgentSkill, field by field: `name`, `description`, `required_capabilities`, `prompt_template`,
 * `configuration`; in TypeScript in camel case, in the table `skills` of skill-registry under the seed's own names. Beside
 * it what the matcher learns from: tags and examples. The input schema is `configuration.parameters`.
 */
export interface AgentSkill {
  name: string
  description: string
  /** Functions that the skill calls. A need, no grant: an agent that holds the skill must have them from its requester. */
  requiredCapabilities: string[]
  /** The Markdown body of SKILL.md. */
  promptTemplate: string
  configuration: SkillConfiguration
  tags: string[]
  examples: string[]
}

/** One version of a skill with its files, as an executor needs it. */
export interface SkillSnapshot extends AgentSkill {
  id: string
  version: number
  /** By path below the skill's folder (`scripts/inventory.mjs`); all but SKILL.md and guildhall.yaml. */
  files: Record<string, SkillFile>
}

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
