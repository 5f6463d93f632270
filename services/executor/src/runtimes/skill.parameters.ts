import type { SkillSnapshot, StepValue } from '@guildhall/contracts'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { RunFailure } from '../runs/run.failure.js'
import {
  inputsReferredTo,
  type ReferenceScope,
  resolveReferences,
  UnknownReferenceError,
} from './step.references.js'

/**
 * The values of a skill's parameters: the schema's defaults, overridden by the task's inputs of the same name.
 * @throws RunFailure `invalid-inputs` naming the parameter, or `invalid-skill` when the schema itself is unusable
 */
export function resolveParameters(
  skill: SkillSnapshot,
  task: ReferenceScope['task'],
): Record<string, unknown> {
  const schema = skill.configuration.parameters
  if (!schema) return {}
  const values: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(propertiesOf(schema))) {
    if (Object.hasOwn(task.inputs, name)) values[name] = task.inputs[name]
    else if (typeof property === 'object' && property !== null && 'default' in property) {
      values[name] = defaultOf(name, property.default as StepValue, skill, task)
    }
  }
  const validate = compiled(skill, schema)
  if (!validate(values)) {
    const problems = (validate.errors ?? []).map(describe).join('; ')
    throw new RunFailure('invalid-inputs', `skill ${skill.name} cannot work with these inputs: ${problems}`)
  }
  return values
}

/**
 * Refuses inputs that none of the skills takes: a misspelt name would otherwise be ignored in silence.
 * @throws RunFailure `invalid-inputs`
 */
export function refuseUnknownInputs(
  skills: readonly SkillSnapshot[],
  inputs: Readonly<Record<string, unknown>>,
): void {
  const known = new Set(
    skills.flatMap(({ configuration }) => [
      ...Object.keys(propertiesOf(configuration.parameters ?? {})),
      ...inputsReferredTo(configuration.steps ?? []),
    ]),
  )
  const unknown = Object.keys(inputs).find((name) => !known.has(name))
  if (unknown === undefined) return
  const names = [...known].join(', ')
  throw new RunFailure(
    'invalid-inputs',
    `no skill of this agent takes an input ${JSON.stringify(unknown)}; ${names === '' ? 'they take none' : `they take ${names}`}`,
  )
}

function propertiesOf(schema: Record<string, unknown>): Record<string, unknown> {
  const { properties } = schema
  return typeof properties === 'object' && properties !== null ? (properties as Record<string, unknown>) : {}
}

function defaultOf(
  name: string,
  value: StepValue,
  skill: SkillSnapshot,
  task: ReferenceScope['task'],
): unknown {
  try {
    return resolveReferences(value, { steps: new Map(), task })
  } catch (error) {
    if (!(error instanceof UnknownReferenceError)) throw error
    throw new RunFailure(
      'invalid-inputs',
      `skill ${skill.name} needs the input ${JSON.stringify(name)}, and its default is not there (${error.message})`,
    )
  }
}

function compiled(skill: SkillSnapshot, schema: Record<string, unknown>): ValidateFunction {
  try {
    return new Ajv({ allErrors: true, strict: false, logger: false, validateFormats: false }).compile(schema)
  } catch (error) {
    throw new RunFailure(
      'invalid-skill',
      `the parameters of skill ${skill.name} are not a usable JSON Schema: ${(error as Error).message}`,
    )
  }
}

function describe(error: ErrorObject): string {
  const name = error.instancePath.slice(1).replaceAll('/', '.')
  const allowed = Array.isArray(error.params['allowedValues'])
    ? `: ${error.params['allowedValues'].join(', ')}`
    : ''
  return `${name === '' ? 'the inputs' : JSON.stringify(name)} ${error.message ?? 'is not valid'}${allowed}`
}
