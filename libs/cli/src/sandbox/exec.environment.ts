import { readFileSync } from 'node:fs'
import { findUnusableVariable } from '@guildhall/sandbox'
import { UsageError } from '../exit.codes.js'

interface ExecEnvironment {
  env: Record<string, string>
  /** What was left out, in sentences that name no value. */
  leftOut: string[]
}

/**
 * What the command gets: the named variables of this command's own environment, and those of a JSON file. Values never
 * travel in arguments, which every process of the machine can read.
 *
 * @throws UsageError when the file holds no object of strings, or a named variable is not set
 */
export function execEnvironment(
  names: readonly string[],
  file: string | undefined,
  own: Readonly<Record<string, string | undefined>>,
): ExecEnvironment {
  const given = file === undefined ? {} : readVariables(file)
  for (const name of names) {
    const value = own[name]
    if (value === undefined) throw new UsageError(`--env ${name}: it is not set here.`)
    given[name] = value
  }
  const leftOut: string[] = []
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const problem = findUnusableVariable(name, value)
    if (problem === undefined) env[name] = value
    else leftOut.push(`not passed on: ${problem}`)
  }
  return { env, leftOut }
}

function readVariables(file: string): Record<string, string> {
  let found: unknown
  try {
    found = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
  const isObject = typeof found === 'object' && found !== null && !Array.isArray(found)
  if (!isObject || !Object.values(found as object).every((value) => typeof value === 'string'))
    throw new UsageError(`${file} must hold one JSON object of texts, like {"LANG": "C"}.`)
  return { ...(found as Record<string, string>) }
}
