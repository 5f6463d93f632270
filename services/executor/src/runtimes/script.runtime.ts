import type { SkillSnapshot, SkillStep, StepValue } from '@guildhall/contracts'
import { type FunctionCaller, FunctionNotGrantedError } from '../functions/function.caller.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import { type FunctionOutcome, succeeded } from '../functions/function.outcome.js'
import { RunFailure } from '../runs/run.failure.js'
import { type AgentRuntime, resultText, type RuntimeContext } from './agent.runtime.js'
import { refuseUnknownInputs, resolveParameters } from './skill.parameters.js'
import { type ReferenceScope, resolveReferences, UnknownReferenceError } from './step.references.js'

/** Makes the function calls that the agent's skills declare, one after the other; the first that fails ends the run. */
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
    const outcomes = new Map<string, FunctionOutcome>()
    const scope = { parameters: resolveParameters(skill, task), steps: outcomes, task }
    let last = ''
    for (const step of skill.configuration.steps ?? []) {
      const outcome = await this.runStep(skill, step, scope, context)
      outcomes.set(step.id, outcome)
      last = outcome.stdout
    }
    const { result } = skill.configuration
    const value = result === undefined ? last : resolved(result, scope, `the result of skill ${skill.name}`)
    return (typeof value === 'string' ? value : JSON.stringify(value)).trim()
  }

  private async runStep(
    skill: SkillSnapshot,
    step: SkillStep,
    scope: ReferenceScope,
    context: RuntimeContext,
  ): Promise<FunctionOutcome> {
    const where = `step ${step.id} of skill ${skill.name}`
    const call = {
      step: step.id,
      function: step.call,
      arguments: resolved(step.arguments, scope, where),
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

function resolved(value: StepValue, scope: ReferenceScope, where: string): unknown {
  try {
    return resolveReferences(value, scope)
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
