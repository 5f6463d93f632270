import type { FunctionName } from '@guildhall/contracts'
import { Ajv, type ValidateFunction } from 'ajv'
import { bash } from './bash.function.js'
import { fsEdit } from './fs.edit.function.js'
import { fsList } from './fs.list.function.js'
import { fsRead } from './fs.read.function.js'
import { fsSearch } from './fs.search.function.js'
import { fsStat } from './fs.stat.function.js'
import { fsWrite } from './fs.write.function.js'
import { type FunctionDefinition, InvalidArgumentsError, type SandboxCommand } from './function.definition.js'

/** Every function there is. */
export const functionDefinitions: readonly Omit<FunctionDefinition, 'command'>[] = [
  bash,
  fsRead,
  fsWrite,
  fsEdit,
  fsList,
  fsSearch,
  fsStat,
]

interface Registered {
  definition: FunctionDefinition
  validate: ValidateFunction
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
const registered = new Map<string, Registered>(
  functionDefinitions.map((definition) => [
    definition.name,
    { definition: definition as FunctionDefinition, validate: ajv.compile(definition.parameters) },
  ]),
)

export function findFunction(name: string): Omit<FunctionDefinition, 'command'> | undefined {
  return registered.get(name)?.definition
}

/**
 * What runs in the sandbox for a call.
 * @throws InvalidArgumentsError naming what is wrong with which argument
 */
export function commandFor(name: FunctionName, args: unknown): SandboxCommand {
  const entry = registered.get(name)
  if (!entry) throw new InvalidArgumentsError(`there is no function ${JSON.stringify(name)}`)
  if (!entry.validate(args)) {
    const problems = (entry.validate.errors ?? []).map((error) => {
      const place = error.instancePath.slice(1).replaceAll('/', '.') || 'the arguments'
      const extra = error.params['additionalProperty'] as string | undefined
      return `${place} ${error.message ?? 'not valid'}${extra === undefined ? '' : ` (${extra})`}`
    })
    throw new InvalidArgumentsError(`${name}: ${[...new Set(problems)].join('; ')}`)
  }
  return entry.definition.command(args as never)
}
