import { readFile } from 'node:fs/promises'
import { UsageError } from '../exit.codes.js'

/**
 * Reads the rules of a policy from a JSON file: the rules alone, or what `show --json` printed.
 * @throws UsageError when it holds neither
 */
export async function readRulesFile<R extends object>(file: string): Promise<{ rules: R; version?: number }> {
  let found: unknown
  try {
    found = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
  if (typeof found !== 'object' || found === null) throw new UsageError(`${file} holds no JSON object.`)
  if (!('rules' in found)) return { rules: found as R }
  const { rules, version } = found as { rules: R; version?: unknown }
  return { rules, ...(typeof version === 'number' && { version }) }
}
