import {
  type FunctionName,
  functionNames,
  isFunctionName,
  orderedFunctions,
  type SkillConfiguration,
  type SkillNote,
  type StepValue,
} from '@guildhall/contracts'
import type { SkillText } from './front-matter.js'
import { invalidSkill } from './skill.errors.js'
import { stepsIn } from './script.steps.js'
import { problemOfReferences } from './step.references.js'
import { isMapping, parseMapping, refuseUnknownFields } from './yaml.mapping.js'

const file = 'guildhall.yaml'
const fields = ['tags', 'examples', 'required_capabilities', 'parameters', 'steps', 'result']
/** What `required_capabilities` answers. */
const codesOfTools = ['tools-absent', 'tool-widened', 'tool-unknown']

/** What guildhall.yaml says beside SKILL.md. */
export interface Sidecar {
  tags: string[]
  examples: string[]
  requiredCapabilities: FunctionName[]
  configuration: SkillConfiguration
  /** Those of SKILL.md that still hold. */
  notes: SkillNote[]
}

/**
 * Reads guildhall.yaml; an empty text is a skill that needs a model. Nothing in it is carried out here.
 * @param skill what SKILL.md says: its tags and needed functions hold where this file has none
 * @throws RequestError `invalid-skill`
 */
export function readSidecar(
  text: string,
  skill: Pick<SkillText, 'tags' | 'requiredCapabilities' | 'notes'>,
): Sidecar {
  const mapping = parseMapping(file, text)
  refuseUnknownFields(file, mapping, fields)
  const stated = capabilitiesIn(mapping['required_capabilities'])
  const capabilities = stated ?? skill.requiredCapabilities
  const parameters = parametersIn(mapping['parameters'])
  const names = new Set(Object.keys(parameters?.['properties'] ?? {}))
  const steps = stepsIn(mapping['steps'], capabilities, names)
  const result = mapping['result'] as StepValue | undefined
  if (result !== undefined) {
    if (!steps) throw invalidSkill(file, 'result needs steps')
    refuseBadReferences('result', result, names, new Set(steps.map((step) => step.id)))
  }
  return {
    tags: textsIn('tags', mapping['tags'], 64) ?? skill.tags,
    examples: textsIn('examples', mapping['examples'], 2_000) ?? [],
    requiredCapabilities: [...capabilities],
    notes: stated ? skill.notes.filter(({ code }) => !codesOfTools.includes(code)) : skill.notes,
    configuration: {
      ...(parameters && { parameters }),
      ...(steps && { steps }),
      ...(result !== undefined && { result }),
    },
  }
}

function textsIn(field: string, value: unknown, longest: number): string[] | undefined {
  if (value === undefined || value === null) return undefined
  const isText = (item: unknown): item is string =>
    typeof item === 'string' && item.trim() !== '' && item.length <= longest
  if (!Array.isArray(value) || value.length > 50 || !value.every(isText)) {
    throw invalidSkill(file, `${field} must be a list of at most 50 texts of 1 to ${longest} characters`)
  }
  return value
}

/** The functions that the skill needs, where they shall not come from the tools that SKILL.md names. */
function capabilitiesIn(value: unknown): FunctionName[] | undefined {
  if (value === undefined || value === null) return undefined
  const items: unknown[] = Array.isArray(value) ? value : [value]
  if (items.every(isFunctionName)) return orderedFunctions(items)
  throw invalidSkill(
    file,
    `required_capabilities must be a list of ${functionNames.join(', ')}, custom.<name> and mcp.<server>.<tool>`,
  )
}

function parametersIn(value: unknown): Record<string, unknown> | undefined {
  if (value === undefined || value === null) return undefined
  if (!isMapping(value) || (value['type'] !== undefined && value['type'] !== 'object')) {
    throw invalidSkill(file, 'parameters must be a JSON Schema with type: object')
  }
  const properties = value['properties'] ?? {}
  if (!isMapping(properties)) throw invalidSkill(file, 'parameters.properties must map names to JSON Schemas')
  for (const [name, property] of Object.entries(properties)) {
    const at = `parameters.properties.${name}`
    if (!isMapping(property)) throw invalidSkill(file, `${at} must be a JSON Schema`)
    // Defaults are put together before there are parameters or steps to point at.
    refuseBadReferences(`${at}.default`, property['default'], new Set(), new Set())
  }
  return value
}

function refuseBadReferences(
  at: string,
  value: unknown,
  parameters: ReadonlySet<string>,
  steps: ReadonlySet<string>,
): void {
  const problem = problemOfReferences(value, { parameters, steps })
  if (problem !== undefined) throw invalidSkill(file, `${at}: ${problem}`)
}
