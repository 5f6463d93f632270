import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import {
  type AskingDefinition,
  type FunctionDefinition,
  InvalidArgumentsError,
  type PersonQuestion,
  type SandboxCommand,
  type ServiceDefinition,
  type ServiceWork,
} from './function.definition.js'

/** A function of any kind. */
export type AnyFunction = FunctionDefinition | AskingDefinition | ServiceDefinition

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })

/** The functions that there are, for one run or for one question; it never changes. */
export class FunctionRegistry {
  private readonly byName: ReadonlyMap<string, AnyFunction>

  /** @throws Error when two have one name */
  constructor(definitions: readonly AnyFunction[]) {
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]))
    if (this.byName.size < definitions.length) throw new Error('two functions have one name')
  }

  find(name: string): AnyFunction | undefined {
    return this.byName.get(name)
  }

  /** In the order in which they came. */
  list(): AnyFunction[] {
    return [...this.byName.values()]
  }

  /**
   * What runs in the sandbox for a call, what a person is asked, or what the executor does itself.
   * @throws InvalidArgumentsError naming what is wrong with which argument
   */
  prepare(name: string, args: unknown): SandboxCommand | PersonQuestion | ServiceWork {
    const definition = this.find(name)
    if (!definition) throw new InvalidArgumentsError(`there is no function ${JSON.stringify(name)}`)
    // Compiled once for each schema object.
    const validate: ValidateFunction = ajv.compile(definition.parameters)
    if (!validate(args)) throw new InvalidArgumentsError(`${name}: ${problemsOf(validate.errors ?? [])}`)
    if ('asks' in definition) return definition.asks(args as never)
    if ('command' in definition) return definition.command(args as never)
    const repeatable = definition.isRepeatable?.(args as never) ?? definition.repeatable
    return { work: (call) => definition.work(args as never, call), repeatable }
  }
}

function problemsOf(errors: readonly ErrorObject[]): string {
  const problems = errors.map((error) => {
    const place = error.instancePath.slice(1).replaceAll('/', '.') || 'the arguments'
    const extra = error.params['additionalProperty'] as string | undefined
    return `${place} ${error.message ?? 'not valid'}${extra === undefined ? '' : ` (${extra})`}`
  })
  return [...new Set(problems)].join('; ')
}
