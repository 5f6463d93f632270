import { isAbsolute } from 'node:path'
import type { Budget, MountRight, RightsDraft } from '@guildhall/contracts'
import { type Command, InvalidArgumentError } from 'commander'
import { collectNames, parseDuration, splitMount } from './option.parsing.js'

/** Rights as options of a command name them. */
export interface RightsOptions {
  function?: string[]
  mount?: MountRight[]
  host?: string[]
  budget?: Budget
}

/** What each option of rights says about itself; a command has those that it words. */
export interface RightsWording {
  function?: string
  mount?: string
  host?: string
  budget?: string
}

/** Adds `--function`, `--mount`, `--host` and `--budget`, as far as there are words for them. */
export function addRightsOptions(command: Command, words: RightsWording): Command {
  if (words.function) command.option('--function <names>', words.function, collectNames)
  if (words.mount) command.option('--mount <dir[:rw]>', words.mount, collectMount)
  if (words.host) command.option('--host <hosts>', words.host, collectNames)
  if (words.budget) command.option('--budget <amounts>', words.budget, parseBudget)
  return command
}

/** The rights that the options name; undefined when they name none. */
export function namedRights(options: RightsOptions): RightsDraft | undefined {
  const { function: functions, mount: mounts, host: hosts, budget } = options
  const draft: RightsDraft = {
    ...(functions && { functions }),
    ...(mounts && { mounts }),
    ...(hosts && { hosts }),
    ...(budget && { budget }),
  }
  return Object.keys(draft).length > 0 ? draft : undefined
}

function collectMount(text: string, earlier: MountRight[] = []): MountRight[] {
  const { dir, mode } = splitMount(text)
  if (!isAbsolute(dir)) throw new InvalidArgumentError('Use an absolute path on the executor’s host.')
  return [...earlier, { source: dir, mode }]
}

const amounts = {
  tokens: { name: 'tokens', read: wholeNumber },
  usd: { name: 'costUsd', read: Number },
  requests: { name: 'modelCalls', read: wholeNumber },
  calls: { name: 'calls', read: wholeNumber },
  time: { name: 'wallMs', read: parseDuration },
} as const satisfies Record<string, { name: keyof Budget; read: (text: string) => number }>

/** `tokens=50000,usd=2.5,requests=50,calls=100,time=10m`. */
export function parseBudget(text: string): Budget {
  const budget: Budget = {}
  for (const part of collectNames(text)) {
    const [, kind = '', value = ''] = /^(\w+)=(.+)$/.exec(part) ?? []
    const amount = Object.entries(amounts).find(([name]) => name === kind)?.[1]
    const number = amount ? amount.read(value) : Number.NaN
    if (!amount || !(number >= 0))
      throw new InvalidArgumentError('Use tokens=50000,usd=2.5,requests=50,calls=100,time=10m.')
    budget[amount.name] = number
  }
  return budget
}

function wholeNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN
}
