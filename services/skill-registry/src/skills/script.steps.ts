import { mostStepItems, type SkillStep, type StepCondition, type StepValue } from '@guildhall/contracts'
import { invalidSkill } from './skill.errors.js'
import { problemOf, problemOfReferences, type ReferableValues } from './step.references.js'
import { isMapping, quoted } from './yaml.mapping.js'

const file = 'guildhall.yaml'
const mostSteps = 50
const mostConditions = 20
const fields = ['id', 'call', 'arguments', 'when', 'forEach']
const comparisons = ['equals', 'notEquals', 'in', 'exists']

/**
 * The steps that guildhall.yaml declares, checked as far as they can be without values.
 * @throws RequestError `invalid-skill`
 */
export function stepsIn(
  value: unknown,
  capabilities: readonly string[],
  parameters: ReadonlySet<string>,
): SkillStep[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || value.length === 0 || value.length > mostSteps) {
    throw invalidSkill(file, `steps must be a list of 1 to ${mostSteps} steps`)
  }
  const earlier = new Set<string>()
  return value.map((item: unknown, index) => {
    const step = stepIn(item, `steps[${index}]`, capabilities, { parameters, steps: earlier })
    if (earlier.has(step.id)) throw invalidSkill(file, `steps[${index}].id ${quoted(step.id)} is used twice`)
    earlier.add(step.id)
    return step
  })
}

function stepIn(
  item: unknown,
  at: string,
  capabilities: readonly string[],
  referable: ReferableValues,
): SkillStep {
  if (!isMapping(item)) throw invalidSkill(file, `${at} must have id, call and arguments`)
  const { id, call, arguments: given = {}, when, forEach } = item
  const extra = Object.keys(item).find((field) => !fields.includes(field))
  if (extra !== undefined) {
    throw invalidSkill(file, `${at} has the unknown field ${quoted(extra)}; there are ${fields.join(', ')}`)
  }
  if (typeof id !== 'string' || !/^[A-Za-z0-9][\w-]{0,63}$/.test(id)) {
    throw invalidSkill(file, `${at}.id must be 1 to 64 letters, digits, hyphens and underscores`)
  }
  if (typeof call !== 'string' || !capabilities.includes(call)) {
    throw invalidSkill(
      file,
      `${at}.call must be a function that the skill needs by allowed-tools or required_capabilities (${capabilities.join(', ') || 'it needs none'}), not ${quoted(String(call))}`,
    )
  }
  if (!isMapping(given)) throw invalidSkill(file, `${at}.arguments must map names to values`)
  const inside = { ...referable, item: forEach !== undefined }
  refuseBadReferences(`${at}.arguments`, given, inside)
  return {
    id,
    call,
    arguments: given as Record<string, StepValue>,
    ...(when !== undefined && { when: conditionsIn(when, `${at}.when`, inside) }),
    ...(forEach !== undefined && { forEach: listIn(forEach, `${at}.forEach`, mostStepItems, referable) }),
  }
}

function conditionsIn(
  value: unknown,
  at: string,
  referable: ReferableValues,
): StepCondition | StepCondition[] {
  if (!Array.isArray(value)) return conditionIn(value, at, referable)
  if (value.length === 0 || value.length > mostConditions) {
    throw invalidSkill(file, `${at} must be a condition or a list of 1 to ${mostConditions} of them`)
  }
  return value.map((item: unknown, index) => conditionIn(item, `${at}[${index}]`, referable))
}

function conditionIn(value: unknown, at: string, referable: ReferableValues): StepCondition {
  const form = `a condition such as { ref: parameters.format, equals: json }, with one of ${comparisons.join(', ')}`
  if (!isMapping(value) || typeof value['ref'] !== 'string') throw invalidSkill(file, `${at} must be ${form}`)
  const { ref, ...rest } = value
  const [comparison = '', ...more] = Object.keys(rest)
  if (more.length > 0 || !comparisons.includes(comparison)) throw invalidSkill(file, `${at} must be ${form}`)
  const problem = problemOf(ref, referable)
  if (problem !== undefined) throw invalidSkill(file, `${at}: ${problem}`)
  const other = rest[comparison]
  const place = `${at}.${comparison}`
  if (comparison === 'exists' && typeof other !== 'boolean')
    throw invalidSkill(file, `${place} must be true or false`)
  if (comparison === 'in') listIn(other, place, mostStepItems, referable)
  else refuseBadReferences(place, other, referable)
  return value as unknown as StepCondition
}

/** A list, or a reference that may be one: what it is then is seen when the step is made. */
function listIn(value: unknown, at: string, most: number, referable: ReferableValues): StepValue {
  const isReference = isMapping(value) && Object.keys(value).length === 1 && typeof value['ref'] === 'string'
  if (!isReference && !(Array.isArray(value) && value.length <= most)) {
    throw invalidSkill(file, `${at} must be a list of at most ${most} items, or a reference to one`)
  }
  refuseBadReferences(at, value, referable)
  return value as StepValue
}

function refuseBadReferences(at: string, value: unknown, referable: ReferableValues): void {
  const problem = problemOfReferences(value, referable)
  if (problem !== undefined) throw invalidSkill(file, `${at}: ${problem}`)
}
