import { posix } from 'node:path'
import { canonicalHost, commonHost } from './host.pattern.js'
import { type Budget, isFunctionPattern, type MountRight, type Rights } from './rights.js'

/** What was granted of what was asked, and what was not, each in words: `host example.com:443`. */
export interface NarrowedRights {
  granted: Rights
  removed: string[]
}

const budgetKinds = [
  'tokens',
  'costUsd',
  'modelCalls',
  'calls',
  'wallMs',
] as const satisfies readonly (keyof Budget)[]

/**
 * What both sides have: never more than `held`, never more than `asked`. A folder asked for writing and held for reading
 * is granted for reading. Pure and associative, so that it does not matter in which order a chain of delegations is
 * narrowed; the granted rights are in one canonical form (sorted, nothing twice, nothing that another entry holds
 * already). What cannot be read (a relative path, a host without a port) is not granted.
 */
export function narrowRights(held: Rights, asked: Rights): NarrowedRights {
  const functions = narrowList(held.functions, asked.functions, functionKind)
  const mounts = narrowList(held.mounts, asked.mounts, mountKind)
  const hosts = narrowList(held.hosts, asked.hosts, hostKind)
  const budget = narrowBudget(held.budget, asked.budget)
  return {
    granted: {
      functions: functions.granted,
      mounts: mounts.granted,
      hosts: hosts.granted,
      budget: budget.granted,
    },
    removed: [...functions.removed, ...mounts.removed, ...hosts.removed, ...budget.removed],
  }
}

/** Whether a call of this function is within the rights. */
export function allowsFunction(rights: Pick<Rights, 'functions'>, name: string): boolean {
  return rights.functions.some((held) => commonFunction(held, name) === name)
}

/** Whether this folder may be mounted, in this mode, as it is: a part of it is not enough. */
export function allowsMount(rights: Pick<Rights, 'mounts'>, mount: MountRight): boolean {
  return narrowList(rights.mounts, [mount], mountKind).removed.length === 0
}

/** Whether this host may be reached at this port. */
export function allowsHost(rights: Pick<Rights, 'hosts'>, host: string, port: number): boolean {
  return narrowList(rights.hosts, [`${host}:${port}`], hostKind).removed.length === 0
}

/** An absolute path with every `..`, doubled slash and slash at the end resolved; undefined for any other text. */
export function canonicalPath(path: string): string | undefined {
  if (!path.startsWith('/') || path.includes('\0')) return undefined
  return posix.normalize(`${path}/`).replace(/(?<=.)\/$/, '')
}

/** How the entries of one list are read, compared and named. */
interface RightKind<T> {
  canonical: (entry: T) => T | undefined
  /** The larger of what both entries allow; undefined when that is nothing. */
  common: (one: T, other: T) => T | undefined
  /** Equal for equal entries; orders them. */
  words: (entry: T) => string
}

const functionKind: RightKind<string> = {
  canonical: (name) => (isFunctionPattern(name) ? name : undefined),
  common: commonFunction,
  words: (name) => `function ${name}`,
}

const mountKind: RightKind<MountRight> = {
  canonical: ({ source, mode }) => {
    const path = canonicalPath(source)
    return path === undefined ? undefined : { source: path, mode: mode === 'rw' ? 'rw' : 'ro' }
  },
  common: (one, other) => {
    const mode = one.mode === 'rw' && other.mode === 'rw' ? 'rw' : 'ro'
    if (isWithin(one.source, other.source)) return { source: one.source, mode }
    return isWithin(other.source, one.source) ? { source: other.source, mode } : undefined
  },
  words: ({ source, mode }) => `mount ${source}:${mode}`,
}

const hostKind: RightKind<string> = {
  canonical: canonicalHost,
  common: commonHost,
  words: (host) => `host ${host}`,
}

function narrowList<T>(
  held: readonly T[],
  asked: readonly T[],
  kind: RightKind<T>,
): { granted: T[]; removed: string[] } {
  const own = held.map(kind.canonical).filter((entry) => entry !== undefined)
  const removed: string[] = []
  const common = asked.flatMap((entry) => {
    const canonical = kind.canonical(entry)
    const parts =
      canonical === undefined
        ? []
        : own.map((one) => kind.common(one, canonical)).filter((part) => part !== undefined)
    const isWhole =
      canonical !== undefined && parts.some((part) => kind.words(part) === kind.words(canonical))
    if (!isWhole) removed.push(kind.words(canonical ?? entry))
    return parts
  })
  return { granted: reduced(common, kind), removed }
}

/** Sorted, without what is there twice or lies within another entry. */
function reduced<T>(entries: readonly T[], kind: RightKind<T>): T[] {
  const byWords = new Map(entries.map((entry) => [kind.words(entry), entry]))
  const distinct = [...byWords].sort(([a], [b]) => (a < b ? -1 : 1))
  return distinct
    .filter(([words, entry]) =>
      distinct.every(([other, wider]) => {
        const common = other === words ? undefined : kind.common(entry, wider)
        return common === undefined || kind.words(common) !== words
      }),
    )
    .map(([, entry]) => entry)
}

function commonFunction(one: string, other: string): string | undefined {
  if (holdsFunction(one, other)) return other
  return holdsFunction(other, one) ? one : undefined
}

function holdsFunction(wide: string, narrow: string): boolean {
  if (wide === '*' || wide === narrow) return true
  return wide.endsWith('.*') && narrow.startsWith(wide.slice(0, -1))
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`)
}

function narrowBudget(held: Budget, asked: Budget): { granted: Budget; removed: string[] } {
  const granted: Budget = {}
  const removed: string[] = []
  for (const kind of budgetKinds) {
    const [bound, wish] = [amountOf(held[kind]), amountOf(asked[kind])]
    const least = bound === undefined ? wish : wish === undefined ? bound : Math.min(bound, wish)
    if (least !== undefined) granted[kind] = least
    if (wish !== undefined && least !== undefined && least < wish) {
      removed.push(`budget of ${wish} ${kind} (${least} are left)`)
    }
  }
  return { granted, removed }
}

/** What is no amount bounds everything: it must never count as unbounded. */
function amountOf(value: number | undefined): number | undefined {
  if (value === undefined) return undefined
  return Number.isFinite(value) && value >= 0 ? value : 0
}
