import {
  type AgentSnapshot,
  type ApprovalAnswered,
  allowsFunction,
  type FunctionName,
  type Rights,
} from '@guildhall/contracts'
import type { RunEgress } from '@guildhall/egress'
import type { CallPosition } from '@guildhall/models'
import {
  defaultLimits,
  InvalidMountError,
  InvalidRequestError,
  type SandboxMount,
  SandboxUnavailableError,
} from '@guildhall/sandbox'
import { inSpan, type Metrics } from '@guildhall/service-defaults'
import type { RunControl } from '../runs/run.control.js'
import type { StepLedger } from '../runs/step.ledger.js'
import { RunFailure } from '../runs/run.failure.js'
import type { StepDelegations } from '../runs/step.delegations.js'
import type { StepQuestion } from '../runs/step.questions.js'
import type { RunBudget } from '../runtimes/run.budget.js'
import type { AgentState } from '../state/agent.state.js'
import { type AskedCall, consentQuestion, unknownQuestion } from './call.question.js'
import type { SandboxCommand, ServiceCall } from './function.definition.js'
import { hashFiles } from './file.hashes.js'
import { type FunctionOutcome, notPermitted, notStarted } from './function.outcome.js'
import type { FunctionRegistry } from './function.registry.js'
import type { ToolChange } from './mcp/tool.change.js'
import { namedFiles } from './named.files.js'
import { outcomeOfAnswer, questionOf } from './person.question.js'
import type { SecretCalls } from './secrets/secret.calls.js'
import type { RunSandbox } from '../workspaces/run.sandboxes.js'
import { asTierSettings, effectiveTier, type TierSettings } from './tier.policy.js'

/** What the calls of one run have in common. */
export interface CallSurroundings {
  control: RunControl
  ledger: StepLedger
  /** Those that there were when the run began. */
  functions: FunctionRegistry
  /** Granted to the agent; anything else is refused, whoever asks. */
  granted: readonly FunctionName[]
  /** What the run may do: it bounds what is granted. */
  rights: Rights
  agent: AgentSnapshot
  /** Whose secrets functions use. */
  tenant: string
  workspace: string
  sandbox: RunSandbox
  /** The task's folders and the skills. */
  mounts: readonly SandboxMount[]
  /** What the agent keeps between runs. */
  state: AgentState
  /** What the run hands on. */
  delegations: StepDelegations
  budget: RunBudget
  /** The way out, for a run that may reach hosts. */
  egress?: RunEgress
}

/** What the command of a call runs in. */
export interface CommandSurroundings extends Pick<
  CallSurroundings,
  'tenant' | 'workspace' | 'sandbox' | 'mounts' | 'egress'
> {
  control: Pick<RunControl, 'restMs'>
}

export interface FunctionCall {
  step: string
  function: string
  arguments: unknown
  /** Overridden by what the call itself names. */
  env: Record<string, string>
  /** Of a call that a model asked for. */
  position?: CallPosition
}

/** The agent may not call this function, or no function any more. */
export class FunctionNotGrantedError extends Error {
  override readonly name = 'FunctionNotGrantedError'
  constructor(
    readonly code: 'function-not-granted' | 'function-denied' | 'budget-used-up',
    message: string,
  ) {
    super(message)
  }
}

/** Does one function call: checks the right and the arguments, keeps the ledger, runs it in a sandbox of its own. */
export class FunctionCaller {
  private readonly calls
  private readonly seconds

  constructor(
    private readonly tiers: TierSettings,
    private readonly secretCalls: SecretCalls,
    metrics: Metrics,
  ) {
    this.calls = metrics.counter('guildhall_function_calls_total', 'Function calls, by how they ended', [
      'function',
      'ending',
    ])
    this.seconds = metrics.histogram('guildhall_function_seconds', 'Time in the sandbox', ['function'])
  }

  /**
   * @throws FunctionNotGrantedError, which is on record; InvalidArgumentsError before anything is; RunInterrupted
   */
  async call(call: FunctionCall, run: CallSurroundings): Promise<FunctionOutcome> {
    const name = run.granted.find((granted) => granted === call.function)
    const definition = name && run.functions.find(name)
    if (!name || !definition || !mayCall(run, name)) {
      const granted = run.granted.filter((one) => mayCall(run, one)).join(', ') || 'none'
      const shown = JSON.stringify(call.function.slice(0, 100))
      const message =
        name && !definition
          ? `there was no function ${shown} when this run began: an operator has to register it`
          : `this agent may not call ${shown}; granted are ${granted}`
      return this.refuse(call, run, new FunctionNotGrantedError('function-not-granted', message))
    }
    const { calls } = run.rights.budget
    const made = run.ledger.callsBefore(call.position) + run.budget.callsElsewhere
    if (calls !== undefined && made >= calls) {
      const message = `the run has made the ${calls} function calls that it may make, with what it handed on`
      return this.refuse(call, run, new FunctionNotGrantedError('budget-used-up', message))
    }
    const tier = effectiveTier(definition, this.tiers, tiersOf(run.agent))
    if (tier === 'deny') {
      const message = `${name} is not to be called: its tier is deny, by the operator's settings or the agent's configuration`
      return this.refuse(call, run, new FunctionNotGrantedError('function-denied', message))
    }
    const { registered } = definition
    const prepared = run.functions.prepare(name, call.arguments)
    const repeatable =
      'question' in prepared ? definition.repeatable : (prepared.repeatable ?? definition.repeatable)
    const step = {
      name: call.step,
      function: name,
      arguments: call.arguments,
      repeatable,
      needsConsent: tier === 'ask',
      ...(call.position && { position: call.position }),
      ...(registered && { version: registered.version }),
      question: (about: 'consent' | 'unknown', changed?: ToolChange) =>
        this.questionAbout(call, repeatable, run, about, {
          ...(registered && { registered }),
          ...(changed && { changed }),
        }),
    }
    if ('question' in prepared) {
      const asking = {
        ...step,
        needsConsent: true,
        question: () => Promise.resolve(questionOf(prepared, run.agent)),
        answered: (answer: ApprovalAnswered) => outcomeOfAnswer(prepared, answer),
      }
      // Its answer is its outcome: there is nothing to work on.
      return run.ledger.call(asking, () => Promise.resolve(notPermitted('nobody was asked')))
    }
    return inSpan(`step ${call.step}`, {}, () =>
      run.ledger.call(step, (stepIndex, allowed) =>
        inSpan(`function ${name}`, {}, async (span) => {
          const outcome =
            'work' in prepared
              ? await prepared.work({ ...lent(run), stepIndex })
              : await this.run(commandFor(prepared, allowed), call.env, repeatable, run)
          span.setAttribute('guildhall.function.ending', outcome.ending)
          this.calls.inc({ function: name, ending: outcome.ending })
          this.seconds.observe({ function: name }, outcome.tookMs / 1_000)
          return outcome
        }),
      ),
    )
  }

  private async questionAbout(
    call: FunctionCall,
    repeatable: boolean,
    { agent, workspace, mounts }: CallSurroundings,
    about: 'consent' | 'unknown',
    of: Pick<AskedCall, 'registered' | 'changed'> = {},
  ): Promise<StepQuestion> {
    const folders = [...mounts, { source: workspace, target: '/workspace' }]
    const files = await hashFiles(namedFiles(call.arguments, call.env, folders))
    const outside = mounts.filter(({ target }) => target.startsWith('/mnt/'))
    const asked = { ...call, repeatable, agent, mounts: outside, files, ...of }
    return about === 'consent' ? consentQuestion(asked) : unknownQuestion(asked)
  }

  /** Puts the refusal on record, where the audit has it, and on a repetition of the run finds it there. */
  private async refuse(
    call: FunctionCall,
    run: CallSurroundings,
    error: FunctionNotGrantedError,
  ): Promise<never> {
    const name = call.function.slice(0, 100)
    const step = {
      name: call.step,
      function: name,
      arguments: call.arguments,
      repeatable: true,
      needsConsent: false,
      ...(call.position && { position: call.position }),
      question: () => this.questionAbout(call, true, run, 'consent'),
    }
    await run.ledger.call(step, () => Promise.resolve(notPermitted(error.message)))
    this.calls.inc({ function: run.functions.find(name) ? name : 'unknown', ending: 'refused' })
    throw error
  }

  /** Runs the command of a call in a sandbox; that it may, and that it is on record, its caller has seen to. */
  async run(
    command: SandboxCommand,
    env: Record<string, string>,
    repeatable: boolean,
    run: CommandSurroundings,
  ): Promise<FunctionOutcome> {
    if (!command.secrets) return this.runIn(command, env, repeatable, run)
    return this.secretCalls.run(command, run.tenant, (hidden, { env: own, ...place }) =>
      this.runIn(hidden, own, repeatable, { ...run, ...place }),
    )
  }

  private async runIn(
    command: SandboxCommand,
    env: Record<string, string>,
    repeatable: boolean,
    { control, workspace, sandbox, mounts, egress }: CommandSurroundings,
  ): Promise<FunctionOutcome> {
    // A little more than the rest of the run, so that the run's own clock is what ends it.
    const wallMs = Math.min(command.wallMs ?? defaultLimits.wallMs, control.restMs() + 1_000)
    const cpuSeconds = Math.max(defaultLimits.cpuSeconds, Math.ceil(wallMs / 1_000))
    const inside = {
      argv: command.argv,
      env: { ...env, ...command.env },
      mounts: [...mounts, ...(command.mounts ?? [])],
    }
    try {
      const request = {
        ...(command.network && egress ? egress.through(inside) : inside),
        workspace,
        limits: { ...defaultLimits, ...command.limits, wallMs, cpuSeconds },
        ...(command.stdin !== undefined && { stdin: command.stdin }),
      }
      return await sandbox.call(command, request, repeatable)
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

/** Whether a granted function is within the rights of the run, with the one that it needs beside it. */
function mayCall({ functions, granted, rights }: CallSurroundings, name: FunctionName): boolean {
  const capability = functions.find(name)?.capability
  const isHeld =
    capability === undefined || (granted.includes(capability) && allowsFunction(rights, capability))
  return allowsFunction(rights, name) && isHeld
}

/** @param allowed how a person allowed its tool to be, where it is not what was registered */
function commandFor(command: SandboxCommand, allowed: ToolChange | undefined): SandboxCommand {
  return (allowed && command.accepting?.(allowed.digest)) ?? command
}

function lent({ state, delegations, mounts }: CallSurroundings): Omit<ServiceCall, 'stepIndex'> {
  return { state, delegations, mounts }
}

/** @throws RunFailure `invalid-agent` when what the configuration says cannot be understood: nothing is assumed then */
function tiersOf({ config }: AgentSnapshot): TierSettings {
  const tiers = asTierSettings(config.configuration['tiers'] ?? {})
  if (tiers) return tiers
  throw new RunFailure(
    'invalid-agent',
    `the tiers of agent ${config.name} are none: each function's is allow, ask or deny`,
  )
}
