import type {
  BuiltInFunction,
  FunctionLimits,
  FunctionName,
  FunctionTier,
  SecretNames,
} from '@guildhall/contracts'
import type { FileSession, Sandbox, SandboxMount, SandboxRequest } from '@guildhall/sandbox'
import type { StepDelegations } from '../runs/step.delegations.js'
import type { AgentState } from '../state/agent.state.js'
import type { FunctionOutcome } from './function.outcome.js'

/** What runs in the sandbox for one call. */
export interface SandboxCommand {
  argv: string[]
  stdin?: string
  env?: Record<string, string>
  /** Default: the sandbox's own; never longer than the rest of the run. */
  wallMs?: number
  /** Goes out to the hosts that the run may reach, if there are any. Default false: it has no network. */
  network?: boolean
  /** Default: as the function is. */
  repeatable?: boolean
  /** Does the same in the run's file session, and returns what the command would print. */
  inSession?: (session: FileSession) => Promise<string>
  /** Beside those of the run. */
  mounts?: readonly SandboxMount[]
  /**
   * Held by variables of the program, or by headers of the requests of a conversation over HTTP. With them it runs apart from all
   * that an agent could have prepared: see `SecretCalls`.
   */
  secrets?: { as: 'variables' | 'headers'; names: SecretNames }
  /** Instead of the sandbox's own. */
  limits?: Partial<Omit<FunctionLimits, 'wallMs'>>
  /**
   * Speaks with the program while it runs, instead of giving it an input that is known before. Throws only what the sandbox
   * does before anything has started. `headers` go with each request of it.
   */
  converse?: (
    sandbox: Sandbox,
    request: SandboxRequest,
    headers: Readonly<Record<string, string>>,
  ) => Promise<FunctionOutcome>
  /** The same, with a tool as a person allowed it to be: see `FunctionOutcome.changed`. */
  accepting?: (digest: string) => SandboxCommand
  /** What the program's end means, where that takes more than its exit code. */
  conclude?: (outcome: FunctionOutcome) => FunctionOutcome
}

/** What a person is asked. */
export interface PersonQuestion {
  question: string
  options: string[]
}

/** The run that a call belongs to, and which of its steps it is. */
export interface ServiceCall {
  stepIndex: number
  /** Of the agent. */
  state: AgentState
  /** Tasks that the run hands on. */
  delegations: StepDelegations
  /** The task's folders and the skills, as functions see them. */
  mounts: readonly SandboxMount[]
}

/** What the executor does itself for one call. */
export interface ServiceWork {
  work(call: ServiceCall): Promise<FunctionOutcome>
  repeatable: boolean
}

interface DescribedFunction {
  name: FunctionName
  /** For models to choose by. */
  description: string
  /** JSON Schema of the arguments object. */
  parameters: Record<string, unknown>
  /** Whether doing a call twice is the same as doing it once. */
  repeatable: boolean
  /** How much care a call takes, unless the operator says otherwise. */
  tier: FunctionTier
  /** JSON Schema of what it answers with. Absent: any text. */
  result?: Record<string, unknown>
  /** Whoever calls it must hold this function too. */
  capability?: BuiltInFunction
  /** Those that its calls use, by name. */
  secrets?: SecretNames
  /** Of one call, where they are not the sandbox's own. */
  limits?: FunctionLimits
  /** Of a function that somebody registered. */
  registered?: RegisteredAs
}

/** Which bytes of which origin a registered function is. */
export interface RegisteredAs {
  source: 'custom' | 'mcp'
  version: string
  /** SHA-256 (hex), as `FunctionView` has it. */
  digest: string
  /** How its maker describes it. */
  described: string
  /**
   * Whether `parameters` come from somebody who may not be trusted with them: they are shown then, and what they say is
   * left to the program, since a schema can be written to take for ever.
   */
  foreignSchema: boolean
}

/** A function that runs in the sandbox. `A` is what its JSON Schema describes. */
export interface FunctionDefinition<A = never> extends DescribedFunction {
  /**
   * Pure: what to run for arguments that the schema accepts.
   * @throws InvalidArgumentsError for what a schema cannot say
   */
  command(args: A): SandboxCommand
}

/** A function whose outcome is what a person answers; nothing runs. */
export interface AskingDefinition<A = never> extends DescribedFunction {
  /** Pure: what is asked for arguments that the schema accepts. */
  asks(args: A): PersonQuestion
}

/** A function that the executor does itself, with what only it can reach; nothing runs in the sandbox. */
export interface ServiceDefinition<A = never> extends DescribedFunction {
  /** What it does outlives a run that begins anew. Default false. */
  reachesOutside?: boolean
  /**
   * @param args what the schema accepts
   * @throws RunInterrupted `waiting` when there is no outcome yet and the step is on record as waiting: the run is put aside,
   * and the same call is made again when it goes on
   */
  work(args: A, call: ServiceCall): Promise<FunctionOutcome>
  /** For these arguments; default: as `repeatable` says. */
  isRepeatable?(args: A): boolean
}

/** The arguments do not fit the function; the message names them and is fit for a model. */
export class InvalidArgumentsError extends Error {
  override readonly name = 'InvalidArgumentsError'
}
