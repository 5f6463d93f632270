import {
  type BuiltInFunction,
  type FunctionLimits,
  functionNames,
  type FunctionTier,
  functionTiers,
  problemOfSecrets,
  type SecretNames,
} from '@guildhall/contracts'
import { defaultLimits } from '@guildhall/sandbox'
import { checkOf, problemOfSchema } from '../schema.check.js'

/** What function.json says, with what it leaves out put in. */
export interface CustomManifest {
  /** The function is `custom.<name>`. */
  name: string
  version: string
  description: string
  /** Program and arguments, as they are called from inside the folder. */
  program: string[]
  parameters: Record<string, unknown>
  result?: Record<string, unknown>
  tier: FunctionTier
  repeatable: boolean
  limits: FunctionLimits
  capability?: BuiltInFunction
  /** Which secret of the tenant each variable of the program holds. */
  secrets?: SecretNames
}

/** function.json, or a folder with it, cannot be registered; the message says why. */
export class InvalidManifestError extends Error {
  override readonly name = 'InvalidManifestError'
}

const { wallMs, memoryBytes, processes, outputBytes } = defaultLimits
/** What a call has unless its manifest says less. */
export const usualLimits: FunctionLimits = { wallMs, memoryBytes, processes, outputBytes }

const limit = (maximum: number, minimum: number) => ({ type: 'integer', minimum, maximum })

const check = checkOf(
  {
    type: 'object',
    properties: {
      name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
      version: { type: 'string', pattern: '^[0-9A-Za-z][0-9A-Za-z.+_-]{0,39}$' },
      description: { type: 'string', minLength: 1, maxLength: 1_024 },
      program: {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: 1_000 },
        minItems: 1,
        maxItems: 50,
      },
      parameters: { type: 'object' },
      result: { type: 'object' },
      tier: { enum: functionTiers },
      repeatable: { type: 'boolean' },
      capability: { enum: functionNames },
      secrets: { type: 'object' },
      limits: {
        type: 'object',
        properties: {
          wallMs: limit(wallMs, 1),
          memoryBytes: limit(memoryBytes, 16 * 1024 * 1024),
          processes: limit(processes, 8),
          outputBytes: limit(outputBytes, 1),
        },
        additionalProperties: false,
      },
    },
    required: ['name', 'version', 'description', 'program', 'parameters'],
    additionalProperties: false,
  },
  'the manifest',
)

/**
 * Reads the text of function.json. What it leaves out takes the most care: tier `ask`, not repeatable, no capability.
 * @throws InvalidManifestError
 */
export function readManifest(text: string): CustomManifest {
  const value = parsed(text)
  const problem = check(value)
  if (problem !== undefined) throw new InvalidManifestError(`function.json: ${problem}`)
  const { limits, ...manifest } = value as Omit<CustomManifest, 'limits'> & {
    limits?: Partial<FunctionLimits>
  }
  if (manifest.parameters['type'] !== 'object')
    throw new InvalidManifestError('function.json: parameters must be a JSON Schema with type: object')
  for (const field of ['parameters', 'result'] as const) {
    const wrong = manifest[field] && problemOfSchema(manifest[field])
    if (wrong !== undefined) throw new InvalidManifestError(`function.json: ${field} ${wrong}`)
  }
  const unusable = manifest.secrets && problemOfSecrets(manifest.secrets, 'variable')
  if (unusable !== undefined) throw new InvalidManifestError(`function.json: secrets: ${unusable}`)
  const words = [manifest.description, ...manifest.program]
  if (words.some((word) => word.includes('\0') || !word.isWellFormed()))
    throw new InvalidManifestError('function.json: a text has NUL or broken Unicode in it')
  return {
    ...manifest,
    tier: manifest.tier ?? 'ask',
    repeatable: manifest.repeatable ?? false,
    limits: { ...usualLimits, ...limits },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InvalidManifestError(`function.json is no JSON: ${(error as Error).message.slice(0, 200)}`)
  }
}
