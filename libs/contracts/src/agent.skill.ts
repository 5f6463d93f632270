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
