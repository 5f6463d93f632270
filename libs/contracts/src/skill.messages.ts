import { IsObject, IsOptional, IsString, Length } from 'class-validator'

/** A value of a script step: a JSON value, or a whole value taken from elsewhere; never spliced into text. */
export type StepValue =
  string | number | boolean | null | StepReference | StepValue[] | { [name: string]: StepValue }
/** `parameters.<name>`, `steps.<id>.stdout`, `steps.<id>.stderr`, `task.goal`, `task.mounts.<n>`, `task.inputs.<name>`. */
export interface StepReference {
  ref: string
}

/** One function call that a script skill declares. */
export interface SkillStep {
  id: string
  /** A function name: `bash`, `fs.read`, … */
  call: string
  arguments: Record<string, StepValue>
}

/** What a skill says beyond words: how the script runtime carries it out. */
export interface SkillConfiguration {
  /** JSON Schema of the inputs; a default may be a StepReference. */
  parameters?: Record<string, unknown>
  /** Absent: only a model can carry the skill out. */
  steps?: SkillStep[]
  /** What the task answers with; default: the last step's stdout. */
  result?: StepValue
}

/** The seed's AgentSkill: name, description, required_capabilities, prompt_template, configuration. */
export interface AgentSkill {
  name: string
  description: string
  /** Functions that the skill calls. */
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
  /** Path below the skill's folder (`scripts/inventory.mjs`) to text. */
  files: Record<string, string>
}

/** `skill.register`: import a skill; the same content again changes nothing, other content makes a new version. */
export class SkillRegister {
  /** The text of SKILL.md (Agent Skills format). */
  @IsString()
  @Length(1, 60_000)
  markdown!: string

  /** The text of guildhall.yaml: tags, examples, parameters, steps, result. */
  @IsOptional()
  @IsString()
  @Length(0, 30_000)
  sidecar?: string

  /** Further files of the skill's folder, path to text. */
  @IsOptional()
  @IsObject()
  files?: Record<string, string>
}

export class SkillRegistered {
  skill!: SkillView
  /** False when this very version was registered before. */
  created!: boolean
}

/** `skill.list`: the tenant’s skills, each in its current version. */
export class SkillList {}

export class SkillListed {
  skills!: SkillView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `skill.get`: one skill in its current version, with its files. */
export class SkillGet {
  @IsString()
  @Length(1, 64)
  name!: string
}

export class SkillFound {
  skill!: SkillSnapshot & { createdAt: string }
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
}
