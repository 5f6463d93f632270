import {
  type AskingDefinition,
  type FunctionDefinition,
  InvalidArgumentsError,
  type PersonQuestion,
  type SandboxCommand,
  type ServiceDefinition,
  type ServiceWork,
} from './function.definition.js'
import { checkOf, type SchemaCheck } from './schema.check.js'

/** A function of any kind. */
export type AnyFunction = FunctionDefinition | AskingDefinition | ServiceDefinition

const anyArguments = { type: 'object' }

/** The functions that there are, for one run or for one question; it never changes. */
export class FunctionRegistry {
  private readonly byName: ReadonlyMap<string, AnyFunction>
  private readonly checks = new Map<string, SchemaCheck>()

  /** @throws Error when two have one name */
  constructor(definitions: readonly AnyFunction[]) {
    this.byName = new Map(definitions.map((definition) => [definition.name, definition]))
    if (this.byName.size < definitions.length) throw new Error('two functions have one name')
  }

  /** These and others. */
  with(definitions: readonly AnyFunction[]): FunctionRegistry {
    return definitions.length === 0 ? this : new FunctionRegistry([...this.list(), ...definitions])
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
    const problem = this.checkFor(definition)(args)
    if (problem !== undefined) throw new InvalidArgumentsError(`${name}: ${problem}`)
    if ('asks' in definition) return definition.asks(args as never)
    if ('command' in definition) return definition.command(args as never)
    const repeatable = definition.isRepeatable?.(args as never) ?? definition.repeatable
    return { work: (call) => definition.work(args as never, call), repeatable }
  }

  private checkFor({ name, parameters, registered }: AnyFunction): SchemaCheck {
    const known = this.checks.get(name)
    if (known) return known
    const check = checkOf(registered?.foreignSchema ? anyArguments : parameters, 'the arguments')
    this.checks.set(name, check)
    return check
  }
}
