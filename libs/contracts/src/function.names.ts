/** The built-in functions an agent may call: in a sandboxed process of its own, answered by a person, or by the executor. */
export const functionNames = [
  'bash',
  'fs.read',
  'fs.write',
  'fs.edit',
  'fs.list',
  'fs.search',
  'fs.stat',
  'http.fetch',
  'ask.person',
  'state.get',
  'state.set',
  'task.submit',
] as const
export type BuiltInFunction = (typeof functionNames)[number]

/** A built-in function's name, `custom.<name>`, or `mcp.<server>.<tool>` with the tool's own spelling. */
export type FunctionName = string

/** The name of what an operator registers: one function, or a server with all its tools. */
export const functionSourcePattern = /^(?:custom\.[a-z0-9][a-z0-9-]{0,62}|mcp\.[a-z0-9][a-z0-9-]{0,29})$/

/** Every text that may be a function's name; whether there is such a function, the executor knows. At most 100 characters. */
export const functionNamePattern = new RegExp(
  `^(?=.{1,100}$)(?:${functionNames.map((name) => name.replaceAll('.', '\\.')).join('|')}|` +
    String.raw`custom\.[a-z0-9][a-z0-9-]{0,62}|mcp\.[a-z0-9][a-z0-9-]{0,29}\.[\w-]+(?:\.[\w-]+)*)$`,
)

export function isFunctionName(value: unknown): value is FunctionName {
  return typeof value === 'string' && functionNamePattern.test(value)
}

/** Each name once: the built-in ones in the order of `functionNames`, the others behind them by the alphabet. */
export function orderedFunctions(names: Iterable<string>): FunctionName[] {
  const rest = new Set(names)
  const builtIn = functionNames.filter((name) => rest.delete(name))
  return [...builtIn, ...[...rest].sort()]
}
