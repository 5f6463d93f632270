import type { FunctionName, FunctionTier } from '@guildhall/contracts'

/** What runs in the sandbox for one call. */
export interface SandboxCommand {
  argv: string[]
  stdin?: string
  env?: Record<string, string>
  /** Default: the sandbox's own; never longer than the rest of the run. */
  wallMs?: number
}

/** A function that agents may call. `A` is what its JSON Schema describes. */
export interface FunctionDefinition<A = never> {
  name: FunctionName
  /** For models to choose by. */
  description: string
  /** JSON Schema of the arguments object. */
  parameters: Record<string, unknown>
  /** Whether doing a call twice is the same as doing it once. */
  repeatable: boolean
  /** How much care a call takes, unless the operator says otherwise. */
  tier: FunctionTier
  /**
   * Pure: what to run for arguments that the schema accepts.
   * @throws InvalidArgumentsError for what a schema cannot say
   */
  command(args: A): SandboxCommand
}

/** The arguments do not fit the function; the message names them and is fit for a model. */
export class InvalidArgumentsError extends Error {
  override readonly name = 'InvalidArgumentsError'
}
