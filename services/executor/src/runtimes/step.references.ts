import type { SkillStep, StepValue } from '@guildhall/contracts'

/** What is kept of a step that was made. */
export interface StepOutput {
  stdout: string
  stderr: string
  truncated: boolean
}

/** What references can point at. */
export interface ReferenceScope {
  /** Absent while parameters themselves are put together. */
  parameters?: Readonly<Record<string, unknown>>
  /** Outcomes of the skill's earlier steps that were made; of a step with `forEach` a list of them. */
  steps: ReadonlyMap<string, StepOutput | readonly StepOutput[]>
  task: {
    goal: string
    inputs: Readonly<Record<string, unknown>>
    /** Paths as functions see them. */
    mounts: readonly string[]
  }
  /** Of the list that a step goes through. */
  item?: { value: unknown; index: number }
}

export class UnknownReferenceError extends Error {
  override readonly name = 'UnknownReferenceError'
}

/**
 * Replaces every `{ref}` by the whole value that it names; nothing is ever put into the middle of a text.
 * @throws UnknownReferenceError when a reference names nothing, or output that is not what it is read as
 */
export function resolveReferences(value: StepValue, scope: ReferenceScope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, scope))
  if (isReference(value)) return resolveReference(value.ref, scope)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveReferences(item, scope)]),
  )
}

/** @throws UnknownReferenceError */
export function resolveReference(ref: string, scope: ReferenceScope): unknown {
  const value = findReference(ref, scope)
  if (value !== undefined) return value
  throw new UnknownReferenceError(`${JSON.stringify(ref)}: ${hintFor(ref)}`)
}

/**
 * The value that a reference names; undefined when there is none.
 * @throws UnknownReferenceError for output that is not what it is read as
 */
export function findReference(ref: string, scope: ReferenceScope): unknown {
  const { parameters, steps, task, item } = scope
  if (ref === 'item') return item?.value
  if (ref === 'index') return item?.index
  if (ref === 'task.goal') return task.goal
  const [, root = '', rest = ''] =
    /^(parameters|steps|item|task\.inputs|task\.mounts)\.(.+)$/s.exec(ref) ?? []
  switch (root) {
    case 'parameters':
      return own(parameters, rest)
    case 'item':
      return own(item?.value, rest)
    case 'task.inputs':
      return own(task.inputs, rest)
    case 'task.mounts':
      return /^\d{1,3}$/.test(rest) ? task.mounts[Number(rest)] : undefined
    case 'steps': {
      const [, id = '', part = ''] = /^(.+)\.([a-z]+)$/s.exec(rest) ?? []
      const read = Object.hasOwn(readings, part) ? readings[part as keyof typeof readings] : undefined
      const made = steps.get(id)
      if (!read || !made) return undefined
      const values = [made].flat().map((output) => read(output, ref))
      if (Array.isArray(made)) return part === 'lines' ? values.flat() : values
      return values[0]
    }
  }
  return undefined
}

export function isReference(value: unknown): value is { ref: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).length === 1 && 'ref' in value && typeof value.ref === 'string'
}

/** The task inputs that the steps take without declaring them as parameters. */
export function inputsReferredTo(steps: readonly SkillStep[]): Set<string> {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    // Of a condition, too, which has more beside its reference.
    const ref = 'ref' in value && typeof value.ref === 'string' ? value.ref : ''
    const name = /^task\.inputs\.(.+)$/s.exec(ref)?.[1]
    if (name !== undefined) names.add(name)
    Object.values(value).forEach(visit)
  }
  visit(steps.map(({ arguments: args, when, forEach }) => [args, when, forEach]))
  return names
}

const readings = {
  stdout: (output: StepOutput, ref: string) => whole(output, ref).stdout,
  stderr: (output: StepOutput, ref: string) => whole(output, ref).stderr,
  text: (output: StepOutput, ref: string) => whole(output, ref).stdout.trim(),
  lines: (output: StepOutput, ref: string) =>
    whole(output, ref)
      .stdout.split(/\r?\n/)
      .filter((line) => line.trim() !== ''),
  json: (output: StepOutput, ref: string): unknown => {
    try {
      return JSON.parse(whole(output, ref).stdout)
    } catch (error) {
      if (error instanceof UnknownReferenceError) throw error
      const problem = (error as Error).message.slice(0, 200)
      throw new UnknownReferenceError(
        `${JSON.stringify(ref)}: the step wrote something else than JSON (${problem})`,
      )
    }
  },
}

function whole(output: StepOutput, ref: string): StepOutput {
  if (!output.truncated) return output
  const hint = 'the step wrote more than is kept of its output; let it write a file in /workspace instead'
  throw new UnknownReferenceError(`${JSON.stringify(ref)}: ${hint}`)
}

function own(values: unknown, name: string): unknown {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) return undefined
  return (values as Record<string, unknown>)[name]
}

function hintFor(ref: string): string {
  if (ref.startsWith('task.mounts.')) return 'the task has no such mount: submit it with --mount DIR'
  if (ref.startsWith('steps.')) return 'there is no such value, or the step was left out: see its `when`'
  return 'there is no such value'
}
