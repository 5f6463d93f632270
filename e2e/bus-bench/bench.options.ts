import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface BenchOptions {
  rounds: number
  /** Names of scenarios, or parts of the names of several; none: all. */
  only: readonly string[]
  /** JSON file for the figures. */
  out: string
  /** Messages of a routed event's measurement; the other scenarios are in proportion. */
  messages: number
  /** Folder for CPU profiles of all processes; absent: none. */
  profileDir: string | undefined
}

const usualMessages = 40_000
// The router stops at 100,000 entries in the audit stream, which is emptied between measurements only.
const mostMessages = 90_000

/** @throws Error that says what is wrong with an option. */
export function parseOptions(args: readonly string[], defaultOut: string): BenchOptions & { share: number } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      only: { type: 'string', multiple: true, default: [] },
      out: { type: 'string', default: defaultOut },
      messages: { type: 'string' },
      profile: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  })
  const messages = wholeNumber('messages', values.messages ?? (values.quick ? '4000' : String(usualMessages)))
  if (messages > mostMessages) throw new Error(`--messages: at most ${mostMessages}`)
  return {
    rounds: wholeNumber('rounds', values.rounds ?? (values.quick ? '1' : '4')),
    only: values.only,
    out: values.out,
    messages,
    share: Math.min(1, messages / usualMessages),
    profileDir: values.profile && resolve(values.profile),
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new Error(`--${name} must be a whole number above 0, not '${text}'`)
  return Number(text)
}
