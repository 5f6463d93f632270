import type { FunctionName } from '@guildhall/contracts'
import {
  defaultLimits,
  InvalidMountError,
  InvalidRequestError,
  type Sandbox,
  type SandboxMount,
  SandboxUnavailableError,
} from '@guildhall/sandbox'
import { inSpan, type Metrics } from '@guildhall/service-defaults'
import type { RunControl } from '../runs/run.control.js'
import type { StepLedger } from '../runs/step.ledger.js'
import { type FunctionOutcome, notStarted, outcomeOf } from './function.outcome.js'
import { commandFor, findFunction } from './function.registry.js'

/** What the calls of one run have in common. */
export interface CallSurroundings {
  control: RunControl
  ledger: StepLedger
  /** Granted to the agent; anything else is refused, whoever asks. */
  granted: readonly FunctionName[]
  workspace: string
  mounts: readonly SandboxMount[]
}

export interface FunctionCall {
  step: string
  function: string
  arguments: unknown
  /** Overridden by what the call itself names. */
  env: Record<string, string>
}

/** The agent may not call this function. */
export class FunctionNotGrantedError extends Error {
  override readonly name = 'FunctionNotGrantedError'
}

/** Does one function call: checks the right and the arguments, keeps the ledger, runs it in a sandbox of its own. */
export class FunctionCaller {
  private readonly calls
  private readonly seconds

  constructor(
    private readonly sandbox: Sandbox,
    metrics: Metrics,
  ) {
    this.calls = metrics.counter('guildhall_function_calls_total', 'Function calls, by how they ended', [
      'function',
      'ending',
    ])
    this.seconds = metrics.histogram('guildhall_function_seconds', 'Time in the sandbox', ['function'])
  }

  /**
   * @throws FunctionNotGrantedError, InvalidArgumentsError before anything is recorded; RunInterrupted
   */
  async call(call: FunctionCall, run: CallSurroundings): Promise<FunctionOutcome> {
    const name = run.granted.find((granted) => granted === call.function)
    const definition = name && findFunction(name)
    if (!name || !definition) {
      throw new FunctionNotGrantedError(
        `this agent may not call ${JSON.stringify(call.function)}; granted are ${run.granted.join(', ') || 'none'}`,
      )
    }
    const command = commandFor(name, call.arguments)
    const step = {
      name: call.step,
      function: name,
      arguments: call.arguments,
      repeatable: definition.repeatable,
    }
    return inSpan(`step ${call.step}`, {}, () =>
      run.ledger.call(step, () =>
        inSpan(`function ${name}`, {}, async (span) => {
          const outcome = await this.run(command, call.env, run)
          span.setAttribute('guildhall.function.ending', outcome.ending)
          this.calls.inc({ function: name, ending: outcome.ending })
          this.seconds.observe({ function: name }, outcome.tookMs / 1_000)
          return outcome
        }),
      ),
    )
  }

  private async run(
    command: ReturnType<typeof commandFor>,
    env: Record<string, string>,
    { control, workspace, mounts }: CallSurroundings,
  ): Promise<FunctionOutcome> {
    // A little more than the rest of the run, so that the run's own clock is what ends it.
    const wallMs = Math.min(command.wallMs ?? defaultLimits.wallMs, control.restMs() + 1_000)
    const cpuSeconds = Math.max(defaultLimits.cpuSeconds, Math.ceil(wallMs / 1_000))
    try {
      const result = await this.sandbox.run({
        argv: command.argv,
        env: { ...env, ...command.env },
        workspace,
        mounts,
        limits: { ...defaultLimits, wallMs, cpuSeconds },
        signal: control.signal,
        ...(command.stdin !== undefined && { stdin: command.stdin }),
      })
      return outcomeOf(result)
    } catch (error) {
      // The sandbox throws these before anything has started: nothing happened, and that is known.
      if (error instanceof SandboxUnavailableError) return notStarted(error.message, false)
      if (error instanceof InvalidRequestError || error instanceof InvalidMountError) {
        return notStarted(error.message, true)
      }
      throw error
    }
  }
}
