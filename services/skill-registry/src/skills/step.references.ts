import { quoted } from './yaml.mapping.js'

/** What a reference may point at, at its place in the skill. */
export interface ReferableValues {
  /** Names of declared parameters; empty inside of their own defaults. */
  parameters: ReadonlySet<string>
  /** Ids of the steps that ended before. */
  steps: ReadonlySet<string>
  /** Whether there is an item: inside of a step with `forEach`. Default false. */
  item?: boolean
}

/** What is wrong with the first bad reference inside a value, in words; undefined when all can be resolved. */
export function problemOfReferences(value: unknown, referable: ReferableValues): string | undefined {
  const ref = referenceOf(value)
  if (ref !== undefined) return problemOf(ref, referable)
  if (typeof value !== 'object' || value === null) return undefined
  for (const item of Object.values(value)) {
    const problem = problemOfReferences(item, referable)
    if (problem !== undefined) return problem
  }
  return undefined
}

function referenceOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys = Object.keys(value)
  return keys.length === 1 && 'ref' in value && typeof value.ref === 'string' ? value.ref : undefined
}

/** What is wrong with a reference, in words; undefined when it can be resolved. */
export function problemOf(
  ref: string,
  { parameters, steps, item = false }: ReferableValues,
): string | undefined {
  if (/^(item(\..+)?|index)$/s.test(ref)) {
    return item ? undefined : `the reference ${quoted(ref)} is for steps with forEach`
  }
  if (/^task\.(goal|mounts\.\d{1,3}|inputs\..+)$/s.test(ref)) return undefined
  const parameter = /^parameters\.(.+)$/s.exec(ref)?.[1]
  if (parameter !== undefined) {
    return parameters.has(parameter) ? undefined : `the reference ${quoted(ref)} names no declared parameter`
  }
  const step = /^steps\.(.+)\.(?:stdout|stderr|text|lines|json)$/s.exec(ref)?.[1]
  if (step !== undefined) {
    return steps.has(step) ? undefined : `the reference ${quoted(ref)} names no earlier step`
  }
  return (
    `the reference ${quoted(ref)} has no known form: use parameters.<name>, steps.<id>.stdout (or stderr, text, lines, json), ` +
    'task.goal, task.mounts.<n>, task.inputs.<name> or, in a step with forEach, item, item.<name>, index'
  )
}
