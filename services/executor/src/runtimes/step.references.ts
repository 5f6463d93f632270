import type { SkillStep, StepValue } from '@guildhall/contracts'

/** What references can point at. */
export interface ReferenceScope {
  /** Absent while parameters themselves are put together. */
  parameters?: Readonly<Record<string, unknown>>
  /** Outcomes of the skill's earlier steps. */
  steps: ReadonlyMap<string, { stdout: string; stderr: string; truncated: boolean }>
  task: {
    goal: string
    inputs: Readonly<Record<string, unknown>>
    /** Paths as functions see them. */
    mounts: readonly string[]
  }
}

export class UnknownReferenceError extends Error {
  override readonly name = 'UnknownReferenceError'
}

/**
 * Replaces every `{ref}` by the whole value that it names; nothing is ever put into the middle of a text.
 * @throws UnknownReferenceError when a reference names nothing
 */
export function resolveReferences(value: StepValue, scope: ReferenceScope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveReferences(item, scope))
  if (isReference(value)) return valueAt(value.ref, scope)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveReferences(item, scope)]),
  )
}

export function isReference(value: unknown): value is { ref: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).length === 1 && 'ref' in value && typeof value.ref === 'string'
}

/** The task inputs that the steps take without declaring them as parameters. */
export function inputsReferredTo(steps: readonly SkillStep[]): Set<string> {
  const names = new Set<string>()
  const visit = (value: unknown): void => {
    if (isReference(value)) {
      const name = /^task\.inputs\.(.+)$/s.exec(value.ref)?.[1]
      if (name !== undefined) names.add(name)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
  }
  visit(steps.map((step) => step.arguments))
  return names
}

const tooMuch = 'the step wrote more than is kept of its output; let it write a file in /workspace instead'

function valueAt(ref: string, scope: ReferenceScope): unknown {
  const [, root, rest = ''] = /^(parameters|steps|task)\.(.+)$/s.exec(ref) ?? []
  if (root === 'parameters' && scope.parameters) return own(scope.parameters, rest, ref)
  if (root === 'steps') {
    const [, id = '', stream] = /^(.+)\.(stdout|stderr)$/s.exec(rest) ?? []
    const step = scope.steps.get(id)
    if (step?.truncated) throw new UnknownReferenceError(`${JSON.stringify(ref)}: ${tooMuch}`)
    if (step) return stream === 'stderr' ? step.stderr : step.stdout
  }
  if (root === 'task') return taskValue(rest, ref, scope.task)
  throw unknown(ref)
}

function taskValue(rest: string, ref: string, task: ReferenceScope['task']): unknown {
  if (rest === 'goal') return task.goal
  const [, part, name = ''] = /^(inputs|mounts)\.(.+)$/s.exec(rest) ?? []
  if (part === 'inputs') return own(task.inputs, name, ref)
  const mount = part === 'mounts' && /^\d{1,3}$/.test(name) ? task.mounts[Number(name)] : undefined
  if (mount === undefined) throw unknown(ref)
  return mount
}

function own(values: Readonly<Record<string, unknown>>, name: string, ref: string): unknown {
  if (!Object.hasOwn(values, name)) throw unknown(ref)
  return values[name]
}

function unknown(ref: string): UnknownReferenceError {
  const hint = ref.startsWith('task.mounts.')
    ? 'the task has no such mount: submit it with --mount DIR'
    : 'there is no such value'
  return new UnknownReferenceError(`${JSON.stringify(ref)}: ${hint}`)
}
