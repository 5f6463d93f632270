import { readdirSync, readFileSync } from 'node:fs'

export interface TreeUsage {
  memoryBytes: number
  /** Threads of all processes, PID 1 of the sandbox included: what RLIMIT_NPROC counts. */
  tasks: number
}

export const readProc = (path: string): string => {
  try {
    // As UTF-8 it is one step in Node, any other way several; of what is looked for here all is ASCII.
    return readFileSync(path, 'utf8')
  } catch {
    // It ended meanwhile.
    return ''
  }
}

const kibibytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)

function childrenOf(pid: number, threads: number): number[] {
  let tasks = [String(pid)]
  if (threads > 1) {
    try {
      tasks = readdirSync(`/proc/${pid}/task`)
    } catch {
      return []
    }
  }
  return tasks.flatMap((task) =>
    readProc(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  )
}

/**
 * Orphans of a PID namespace become children of its PID 1, so every process of a sandbox is a descendant of
 * it.
 */
function* members(init: number): Generator<{ pid: number; status: string; threads: number }> {
  const pending = [init]
  const seen = new Set<number>()
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    if (seen.has(pid)) continue
    seen.add(pid)
    const status = readProc(`/proc/${pid}/status`)
    const threads = Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0)
    yield { pid, status, threads }
    pending.push(...childrenOf(pid, threads))
  }
}

export const pidsOf = (init: number): number[] => Array.from(members(init), ({ pid }) => pid)

/**
 * Stops every process of the sandbox, also those that appear meanwhile.
 *
 * @returns lets them go on
 */
export function freezeTree(init: number): () => void {
  const stopped = new Set<number>()
  for (let found = true; found;) {
    found = false
    for (const pid of pidsOf(init)) {
      if (stopped.has(pid)) continue
      stopped.add(pid)
      found = true
      send(pid, 'SIGSTOP')
    }
  }
  return () => {
    // What ended meanwhile may have left its number to a stranger.
    const alive = new Set(pidsOf(init))
    for (const pid of stopped) if (alive.has(pid)) send(pid, 'SIGCONT')
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between.
  }
}

/**
 * Cheap and never too low: pages that forked processes still share count once for each of them. File pages
 * are left out; swapped pages are not.
 */
export function measureTree(init: number): TreeUsage {
  let [sumKib, tasks] = [0, 0]
  for (const { status, threads } of members(init)) {
    sumKib += kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem') + kibibytes(status, 'VmSwap')
    tasks += threads
  }
  return { memoryBytes: sumKib * 1024, tasks }
}

/** In clock ticks of user space, which are 10 ms on every architecture that there is a filter for. */
const TICK_MS = 10

/** Processor time of all that live and all that died before their parent; undefined when even `init` is gone. */
export function measureCpuMs(init: number): number | undefined {
  let ticks: number | undefined
  for (const { pid } of members(init)) {
    const stat = readProc(`/proc/${pid}/stat`)
    // The command name may contain spaces and brackets. utime, stime, and the same of children that were waited for.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields.length < 15) continue
    ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), ticks ?? 0)
  }
  return ticks === undefined ? undefined : ticks * TICK_MS
}

/**
 * Exact but dear: shared pages are divided among those who share them. Processes that hide it count in full.
 */
export function measureMemoryExactly(init: number): number {
  let sumKib = 0
  for (const { pid, status } of members(init)) {
    const rollup = readProc(`/proc/${pid}/smaps_rollup`)
    sumKib += rollup.includes('Pss_Anon:')
      ? kibibytes(rollup, 'Pss_Anon') + kibibytes(rollup, 'Pss_Shmem') + kibibytes(rollup, 'SwapPss')
      : kibibytes(status, 'RssAnon') + kibibytes(status, 'RssShmem') + kibibytes(status, 'VmSwap')
  }
  return sumKib * 1024
}
