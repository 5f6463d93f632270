import type { FunctionDefinition } from '../function.definition.js'
import type { FunctionOutcome } from '../function.outcome.js'
import { inFolder } from '../function.folder.js'
import { checkOf, type SchemaCheck } from '../schema.check.js'
import type { CustomManifest } from './custom.manifest.js'

/** Whose programs may go out to the hosts of a run: whoever calls these could do so anyway. */
const networked: readonly string[] = ['bash', 'http.fetch']

/**
 * The function that a registered folder is: its program gets the arguments as JSON on stdin and answers on stdout, as JSON
 * where the manifest has a schema of the result.
 * @param folder where its files lie on this machine
 */
export function customFunction(
  manifest: CustomManifest,
  { digest, folder }: { digest: string; folder: string },
): FunctionDefinition<Record<string, unknown>> {
  const { name, version, description, program, parameters, result, capability, secrets, limits } = manifest
  const { wallMs, ...bounds } = limits
  const checkResult = result && checkOf(result, 'the result')
  return {
    name: `custom.${name}`,
    description,
    parameters,
    ...(result && { result }),
    repeatable: manifest.repeatable,
    tier: manifest.tier,
    limits,
    ...(capability !== undefined && { capability }),
    ...(secrets && { secrets }),
    registered: { source: 'custom', version, digest, described: description, foreignSchema: false },
    command: (args) => ({
      ...inFolder(folder, program),
      stdin: JSON.stringify(args),
      network: capability !== undefined && networked.includes(capability),
      wallMs,
      limits: bounds,
      ...(secrets && { secrets: { as: 'variables', names: secrets } }),
      ...(checkResult && { conclude: (outcome) => checked(outcome, checkResult) }),
    }),
  }
}

/** What the program answered, or why that is no result. A program that failed says so itself. */
export function checked(outcome: FunctionOutcome, check: SchemaCheck): FunctionOutcome {
  if (outcome.ending !== 'exited' || outcome.exitCode !== 0) return outcome
  const problem = outcome.truncated
    ? 'it is longer than an output may be'
    : problemOfResult(outcome.stdout, check)
  if (problem === undefined) return outcome
  const { exitCode: _, ...rest } = outcome
  return {
    ...rest,
    ending: 'invalid-result',
    stderr: `${outcome.stderr}the result is not used: ${problem}\n`,
  }
}

function problemOfResult(text: string, check: SchemaCheck): string | undefined {
  try {
    return check(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return `it is no JSON: ${error.message.slice(0, 200)}`
    throw error
  }
}
