import type { FunctionName } from '@guildhall/contracts'
import { Ajv, type ValidateFunction } from 'ajv'
import { askPerson } from './ask.person.function.js'
import { bash } from './bash.function.js'
import { fsEdit } from './fs.edit.function.js'
import { fsList } from './fs.list.function.js'
import { fsRead } from './fs.read.function.js'
import { fsSearch } from './fs.search.function.js'
import { fsStat } from './fs.stat.function.js'
import { fsWrite } from './fs.write.function.js'
import {
  type AskingDefinition,
  type FunctionDefinition,
  InvalidArgumentsError,
  type PersonQuestion,
  type SandboxCommand,
} from './function.definition.js'
import { httpFetch } from './http.fetch.function.js'

/** Every function there is. */
export const functionDefinitions: readonly (FunctionDefinition | AskingDefinition)[] = [
  bash,
  fsRead,
  fsWrite,
  fsEdit,
  fsList,
  fsSearch,
  fsStat,
  httpFetch,
  askPerson,
]

interface Registered {
  definition: FunctionDefinition | AskingDefinition
  validate: ValidateFunction
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
const registered = new Map<string, Registered>(
  functionDefinitions.map((definition) => [
    definition.name,
    { definition, validate: ajv.compile(definition.parameters) },
  ]),
)

export function findFunction(name: string): FunctionDefinition | AskingDefinition | undefined {
  return registered.get(name)?.definition
}

/**
 * What runs in the sandbox for a call, or what a person is asked.
 * @throws InvalidArgumentsError naming what is wrong with which argument
 */
export function prepareCall(name: FunctionName, args: unknown): SandboxCommand | PersonQuestion {
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
  const { definition } = entry
  return 'asks' in definition ? definition.asks(args as never) : definition.command(args as never)
}
