import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Folder of suites, or one suite. */
  data: string
  /** Examples of each skill that the matcher is given, the first in the order of the file. */
  examples: number
  embedder: boolean
  /** File for one line of JSON a query. */
  out: string
  /** Whether latency and memory are measured at 1,000 and 10,000 skills too. */
  scale: boolean
}

/** @throws Error that says what is wrong with an option. */
export function parseOptions(args: readonly string[], defaultOut: string): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      examples: { type: 'string', default: '5' },
      embedder: { type: 'string', default: 'on' },
      out: { type: 'string', default: defaultOut },
      'no-scale': { type: 'boolean', default: false },
    },
  })
  if (values.data === undefined) {
    throw new Error('--data DIR: the folder with the suites (each with skills.jsonl and queries.jsonl)')
  }
  if (!/^\d{1,3}$/.test(values.examples)) {
    throw new Error(`--examples must be a whole number from 0 to 999, not '${values.examples}'`)
  }
  if (values.embedder !== 'on' && values.embedder !== 'off') {
    throw new Error(`--embedder must be on or off, not '${values.embedder}'`)
  }
  return {
    data: resolve(values.data),
    examples: Number(values.examples),
    embedder: values.embedder === 'on',
    out: resolve(values.out),
    scale: !values['no-scale'],
  }
}
