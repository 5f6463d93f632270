import type { FunctionTier } from './function.tiers.js'

/** `function.list`: the functions that agents may be granted. */
export class FunctionList {}

export class FunctionListed {
  functions!: FunctionView[]
}

/** A function as agents may call it. */
export interface FunctionView {
  name: string
  /** For models to choose by. */
  description: string
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>
  /** By the operator's settings; an agent's configuration may have it take more care. */
  tier: FunctionTier
  /** Whether doing a call twice is the same as doing it once. */
  repeatable: boolean
  /** Of one call, unless it names shorter ones itself. */
  limits: { wallMs: number; memoryBytes: number; processes: number; outputBytes: number }
}
