import type { ApprovalAnswered } from '@guildhall/contracts'
import type { CallPosition } from '@guildhall/models'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import type { ToolChange } from '../functions/mcp/tool.change.js'
import type { Step } from './step.entity.js'
import type { StepQuestion } from './step.questions.js'

export interface FunctionStep {
  /** The step's id in the skill, or the function's name. */
  name: string
  function: string
  arguments: unknown
  /** Of a registered function. */
  version?: string
  /** Doing it twice is doing it once; only such calls may be under way at the same time. */
  repeatable: boolean
  /** A person has to allow the call before it is made. */
  needsConsent: boolean
  /** Of a call that a model asked for. */
  position?: CallPosition
  /**
   * What a person is asked: whether the call may be made (`consent`), or what to do about one that may have been made
   * (`unknown`). The same until something changes that the answer depends on.
   * @param changed what the call came to know of its tool
   */
  question(about: 'consent' | 'unknown', changed?: ToolChange): Promise<StepQuestion>
  /** Of a step that is nothing but a question: what its answer means. */
  answered?: (answer: ApprovalAnswered) => FunctionOutcome
}

/** Does a call; gets the index of its step, and how a person allowed its tool to be where it is not what was registered. */
export type StepWork = (stepIndex: number, allowed?: ToolChange) => Promise<FunctionOutcome>

/** What a call that is not over came to know of its tool: from then on a person is asked, and then allowed it. */
export function changeOfTool({ kind, state, outcome }: Step): ToolChange | undefined {
  return kind === 'function-call' && state !== 'done'
    ? (outcome as FunctionOutcome | null)?.changed
    : undefined
}

export function asRow({ name, function: functionName, version, repeatable }: FunctionStep) {
  return { name, functionName, functionVersion: version ?? null, repeatable }
}

/** A run that goes on makes the same calls in the same order. @throws Error when it does not */
export function refuseOther(recorded: Step, step: FunctionStep): void {
  if (recorded.functionName === step.function) return
  throw new Error(`step ${recorded.index} was recorded as ${recorded.name} and is ${step.name} now`)
}

/** @throws Error */
export function refuseOtherArguments(recorded: Step, step: FunctionStep, argumentsDigest: string): void {
  if (recorded.argumentsDigest === argumentsDigest) return
  throw new Error(`step ${recorded.index} was recorded with other arguments than ${step.name} has now`)
}
