import { mostStepItems, type SkillSnapshot, type SkillStep, type StepValue } from '@guildhall/contracts'
import { type FunctionCaller, FunctionNotGrantedError } from '../functions/function.caller.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import { type FunctionOutcome, succeeded } from '../functions/function.outcome.js'
import { RunFailure } from '../runs/run.failure.js'
import { type AgentRuntime, resultText, type RuntimeContext } from './agent.runtime.js'
import { refuseUnknownInputs, resolveParameters } from './skill.parameters.js'
import { conditionsHold } from './step.conditions.js'
import { type ReferenceScope, resolveReferences, UnknownReferenceError } from './step.references.js'

/**
 * Makes the function calls that the agent's skills declare, one after the other; the first that fails ends the run. What is
 * made follows from the task and from what is on record alone, so a run that is taken over comes to the same steps again.
 */
export class ScriptRuntime implements AgentRuntime {
  constructor(private readonly functions: FunctionCaller) {}

  async run(context: RuntimeContext): Promise<string> {
    const { agent, inputs } = context.request
    const unscripted = agent.skills.find((skill) => !skill.configuration.steps?.length)
    if (unscripted || agent.skills.length === 0) {
      throw new RunFailure(
        'skill-needs-model',
        unscripted
          ? `skill ${unscripted.name} declares no steps, so only a model can carry it out: use an agent with runtime llm`
          : `agent ${agent.config.name} has no skill to carry out`,
      )
    }
    refuseUnknownInputs(agent.skills, inputs)
    const results: string[] = []
    for (const skill of agent.skills) results.push(await this.runSkill(skill, context))
    return resultText(results.filter((result) => result !== '').join('\n\n'))
  }

  private async runSkill(skill: SkillSnapshot, context: RuntimeContext): Promise<string> {
    const { goal, inputs } = context.request
    const task = { goal, inputs, mounts: context.taskMounts }
    const made = new Map<string, FunctionOutcome | FunctionOutcome[]>()
    const scope = { parameters: resolveParameters(skill, task), steps: made, task }
    let last = ''
    for (const step of skill.configuration.steps ?? []) {
      const outcome = await this.runStep(skill, step, scope, context)
      if (outcome === undefined) continue
      made.set(step.id, outcome)
      last = [outcome]
        .flat()
        .map(({ stdout }) => stdout)
        .join('')
    }
    const { result } = skill.configuration
    const where = `the result of skill ${skill.name}`
    const value = result === undefined ? last : resolving(where, () => resolveReferences(result, scope))
    return (typeof value === 'string' ? value : JSON.stringify(value)).trim()
  }

  /** @returns undefined when it was left out; of a step with `forEach` the outcomes for those items that it was made for */
  private async runStep(
    skill: SkillSnapshot,
    step: SkillStep,
    scope: ReferenceScope,
    context: RuntimeContext,
  ): Promise<FunctionOutcome | FunctionOutcome[] | undefined> {
    const where = `step ${step.id} of skill ${skill.name}`
    if (step.forEach === undefined) return this.callIfDue(skill, step, step.id, where, scope, context)
    const items = itemsOf(step.forEach, where, scope)
    const outcomes: FunctionOutcome[] = []
    for (const [index, value] of items.entries()) {
      const name = `${step.id}[${index}]`
      const at = `${where}, item ${index}`
      const withItem = { ...scope, item: { value, index } }
      const outcome = await this.callIfDue(skill, step, name, at, withItem, context)
      if (outcome) outcomes.push(outcome)
    }
    return outcomes
  }

  private async callIfDue(
    skill: SkillSnapshot,
    step: SkillStep,
    name: string,
    where: string,
    scope: ReferenceScope,
    context: RuntimeContext,
  ): Promise<FunctionOutcome | undefined> {
    if (!resolving(where, () => conditionsHold(step.when, scope))) return undefined
    const call = {
      step: name,
      function: step.call,
      arguments: resolving(where, () => resolveReferences(step.arguments, scope)),
      env: { SKILL: `/skills/${skill.name}` },
    }
    const outcome = await this.functions.call(call, context).catch((error: unknown) => {
      if (error instanceof FunctionNotGrantedError) {
        throw new RunFailure(error.code, `${where}: ${error.message}`)
      }
      if (error instanceof InvalidArgumentsError)
        throw new RunFailure('invalid-arguments', `${where}: ${error.message}`)
      throw error
    })
    if (!succeeded(outcome)) throw failureOf(outcome, `${where} (${step.call})`)
    return outcome
  }
}

/** @throws RunFailure `unknown-reference`; `invalid-list` */
function itemsOf(forEach: StepValue, where: string, scope: ReferenceScope): unknown[] {
  const items = resolving(where, () => resolveReferences(forEach, scope))
  const problem = !Array.isArray(items)
    ? `it goes through ${items === null ? 'null' : `a ${typeof items}`}, and forEach needs a list: steps.<id>.lines or steps.<id>.json may be meant`
    : items.length > mostStepItems
      ? `it goes through ${items.length} items, and ${mostStepItems} are the most: let one call work on many of them`
      : undefined
  if (problem !== undefined) throw new RunFailure('invalid-list', `${where}: ${problem}`)
  return items as unknown[]
}

function resolving<T>(where: string, resolve: () => T): T {
  try {
    return resolve()
  } catch (error) {
    if (error instanceof UnknownReferenceError)
      throw new RunFailure('unknown-reference', `${where}: ${error.message}`)
    throw error
  }
}

/** What a failed call means for its run; the message closes with the last lines that it wrote. */
export function failureOf(outcome: FunctionOutcome, where: string): RunFailure {
  const { ending, exitCode, refused } = outcome
  const lines = (outcome.stderr.trim() || outcome.stdout.trim())
    .split('\n')
    .slice(-5)
    .join('\n')
    .slice(-1_000)
  const said = lines === '' ? '' : `: ${lines.toWellFormed()}`
  if (ending === 'refused') return new RunFailure('call-refused', `${where} was not made${said}`)
  if (refused) return new RunFailure('invalid-arguments', `${where} was not started${said}`)
  if (ending === 'exited')
    return new RunFailure('function-failed', `${where} ended with exit code ${exitCode}${said}`)
  return new RunFailure(ending, `${where} ended by ${ending}${said}`, ending === 'sandbox-failed')
}
