import { defaultLimits, type SandboxLimits } from '@guildhall/sandbox'
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../option.parsing.js'

interface LimitName {
  field: keyof SandboxLimits
  parse: (text: string) => number
  what: string
}

const wholeSeconds = (text: string): number => Math.ceil(parseDuration(text) / 1_000)

const limitNames: Readonly<Record<string, LimitName>> = {
  wall: { field: 'wallMs', parse: parseDuration, what: 'time from start to kill' },
  cpu: { field: 'cpuSeconds', parse: wholeSeconds, what: 'processor time of one process' },
  memory: { field: 'memoryBytes', parse: parseSize, what: 'memory of all processes together' },
  processes: { field: 'processes', parse: parseWhole, what: 'processes and threads at the same time' },
  output: { field: 'outputBytes', parse: parseSize, what: 'stdout and stderr together' },
  file: { field: 'fileBytes', parse: parseSize, what: 'any one file' },
  'open-files': { field: 'openFiles', parse: parseWhole, what: 'descriptors of one process' },
  tmp: { field: 'tmpBytes', parse: parseSize, what: '/tmp' },
  shm: { field: 'shmBytes', parse: parseSize, what: '/dev/shm' },
  workspace: { field: 'workspaceBytes', parse: parseSize, what: 'disk space of the workspace' },
  entries: { field: 'workspaceEntries', parse: parseWhole, what: 'files and folders in the workspace' },
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `4096`, `64k`, `512M`, `2GiB`: in bytes, units of 1024. */
export function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(?:([kmgt])(?:i?b)?|b)?$/i.exec(text) ?? []
  const size = Math.round(Number(amount) * (units[unit.toLowerCase()] ?? Number.NaN))
  if (amount === undefined || !(size >= 1)) throw new InvalidArgumentError('Use a size: 4096, 64k, 512M, 2G.')
  return size
}

function parseWhole(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('Use a whole number above 0.')
  return Number(text)
}

/** Adds `name=value` to what earlier options said, by the names of `limitsHelp`. */
export function collectLimit(text: string, earlier: Partial<SandboxLimits> = {}): Partial<SandboxLimits> {
  const at = text.indexOf('=')
  const name = text.slice(0, at)
  const limit = Object.hasOwn(limitNames, name) ? limitNames[name] : undefined
  if (at < 1 || limit === undefined)
    throw new InvalidArgumentError(`Use name=value, with one of: ${Object.keys(limitNames).join(', ')}.`)
  return { ...earlier, [limit.field]: limit.parse(text.slice(at + 1)) }
}

/** The names of all limits, what they bound and what they are unless told. */
export function limitsHelp(): string {
  const width = Math.max(...Object.keys(limitNames).map((name) => name.length))
  const lines = Object.entries(limitNames).map(
    ([name, { field, what }]) => `  ${name.padEnd(width)}  ${what} (${shown(field)})`,
  )
  return ['Limits for --limit name=value, and what holds without:', ...lines].join('\n')
}

function shown(field: keyof SandboxLimits): string {
  const value = defaultLimits[field]
  if (field.endsWith('Bytes')) return `${value / 2 ** 20}M`
  return field === 'wallMs' ? `${value / 1_000}s` : field === 'cpuSeconds' ? `${value}s` : String(value)
}
