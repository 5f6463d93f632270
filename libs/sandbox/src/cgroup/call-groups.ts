import { constants, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Descriptors } from '../stdio/descriptors.js'
import { isLeftBehind, ownMark } from '../watch/owner-mark.js'
import { identify, kill } from '../watch/process-identity.js'
import { pidsOf } from '../watch/process-tree.js'
import { type CgroupPlace, cgroupPlaces } from './cgroup-place.policy.js'

const PREFIX = 'guildhall-'
/** Where a service's own processes are, so that groups of calls may lie beside: a group with both cannot control. */
const SUPERVISOR = 'supervisor'
const REMOVE_GRACE_MS = 1_000

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').filter(Boolean)

/** The group below which calls get theirs; throws where that is not allowed. */
function openUnified(own: string): string {
  if (!lines(join(own, 'cgroup.controllers')).join(' ').split(' ').includes('memory'))
    throw new Error('the memory controller is not delegated')
  let parent = own
  if (basename(own) === SUPERVISOR) parent = dirname(own)
  else {
    if (lines(join(own, 'cgroup.procs')).some((pid) => Number(pid) !== process.pid))
      throw new Error('other processes are in the group')
    mkdirSync(join(own, SUPERVISOR), { recursive: true })
    writeFileSync(join(own, SUPERVISOR, 'cgroup.procs'), String(process.pid))
  }
  writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory')
  return parent
}

/** Where the groups of calls lie: one folder for memory, and in version 1 perhaps another for processor time. */
interface GroupPlace {
  version: CgroupPlace['version']
  memory: string
  cpu?: string
}

/** The memory of one call, bounded by the kernel, and its processor time, counted by it. */
export class CallGroup {
  constructor(private readonly place: GroupPlace) {}

  /** Makes it. Throws when that is not allowed. */
  make(limitBytes: number): void {
    const { version, memory, cpu } = this.place
    mkdirSync(memory)
    if (version === 2) {
      this.#set('memory.max', limitBytes)
      this.#set('memory.swap.max', 0, true)
      this.#set('memory.oom.group', 1, true)
      return
    }
    this.#set('memory.limit_in_bytes', limitBytes)
    this.#set('memory.memsw.limit_in_bytes', limitBytes, true)
    if (cpu !== undefined) mkdirSync(cpu)
  }

  /**
   * Files that a process writes 0 to, and is in the group; none in version 2, see `join`. They must not outlast the
   * process's way to its command.
   */
  openEntrances(descriptors: Descriptors): number[] {
    const { version, memory, cpu } = this.place
    if (version === 2) return []
    return [memory, ...(cpu === undefined ? [] : [cpu])].map((folder) =>
      descriptors.add(openSync(join(folder, 'tasks'), constants.O_WRONLY)),
    )
  }

  /** Takes the process in, and its descendants; false when the kernel refuses. It takes the kernel some milliseconds. */
  async join(root: number): Promise<boolean> {
    const procs = join(this.place.memory, 'cgroup.procs')
    try {
      await writeFile(procs, String(root))
      // What it starts from now on is in the group already.
      for (const pid of pidsOf(root)) if (pid !== root) await writeFile(procs, String(pid))
      return true
    } catch {
      return false
    }
  }

  /** Processes that the kernel ended because the call had more memory than its limit. */
  get oomKills(): number {
    return (
      this.#number(this.place.version === 2 ? 'memory.events' : 'memory.oom_control', /^oom_kill (\d+)/m) ?? 0
    )
  }

  /** The most memory that was counted towards the limit, files in the page cache among it. */
  get maxMemoryBytes(): number | undefined {
    return this.#number(this.place.version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes', /^(\d+)$/m)
  }

  /** Of all processes of the group, dead ones too. */
  get cpuMs(): number | undefined {
    const { version, cpu } = this.place
    if (version === 2) return scaled(this.#number('cpu.stat', /^usage_usec (\d+)/m), 1e3)
    return cpu === undefined ? undefined : scaled(this.#number('cpuacct.usage', /^(\d+)$/m, cpu), 1e6)
  }

  /** Nothing of the call may live any more; the kernel may need a moment to see that. */
  async remove(): Promise<void> {
    const { memory, cpu } = this.place
    await Promise.all([memory, ...(cpu === undefined ? [] : [cpu])].map(removeFolder))
  }

  #set(file: string, value: number, isOptional = false): void {
    try {
      writeFileSync(join(this.place.memory, file), String(value))
    } catch (error) {
      // Swap may not be counted on this kernel.
      if (!isOptional) throw error
    }
  }

  #number(file: string, pattern: RegExp, folder = this.place.memory): number | undefined {
    try {
      const found = pattern.exec(readFileSync(join(folder, file), 'utf8'))?.[1]
      return found === undefined ? undefined : Number(found)
    } catch {
      return undefined
    }
  }
}

const scaled = (value: number | undefined, unit: number): number | undefined =>
  value === undefined ? undefined : value / unit

async function removeFolder(folder: string): Promise<void> {
  const deadline = performance.now() + REMOVE_GRACE_MS
  for (let pauseMs = 1; ; pauseMs *= 2) {
    try {
      rmdirSync(folder)
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || performance.now() > deadline) return
      await delay(pauseMs)
    }
  }
}

/** Control groups for calls, where this process may make them. */
export class CallGroups {
  #count = 0

  private constructor(private readonly parents: GroupPlace) {}

  /** Undefined where the kernel controls memory for somebody else only; then a poll has to do. */
  static async open(): Promise<CallGroups | undefined> {
    const [mountInfo, own] = ['/proc/self/mountinfo', '/proc/self/cgroup'].map((path) =>
      readFileSync(path, 'utf8'),
    ) as [string, string]
    const cpu = cgroupPlaces(mountInfo, own, 'cpuacct').find(({ version }) => version === 1)?.folder
    for (const { version, folder } of cgroupPlaces(mountInfo, own)) {
      for (const counting of version === 1 && cpu !== undefined ? [{ cpu }, {}] : [{}]) {
        try {
          const memory = version === 2 ? openUnified(folder) : folder
          const groups = new CallGroups({ version, memory, ...counting })
          const attempt = groups.#next()
          try {
            attempt.make(2 ** 30)
          } finally {
            await attempt.remove()
          }
          return groups
        } catch {
          // Not delegated to this process.
        }
      }
    }
    return undefined
  }

  /** Undefined when the kernel refuses, which is said by what the call reports as enforced. */
  create(limitBytes: number): CallGroup | undefined {
    const group = this.#next()
    try {
      group.make(limitBytes)
      return group
    } catch {
      void group.remove()
      return undefined
    }
  }

  /** Ends and removes the groups of processes that died before they could. */
  sweep(): number {
    const { memory, cpu } = this.parents
    const left = [memory, ...(cpu === undefined ? [] : [cpu])].flatMap((parent) =>
      readdirSync(parent)
        .filter((name) => isLeftBehind(name, PREFIX))
        .map((name) => join(parent, name)),
    )
    for (const folder of left) {
      try {
        for (const pid of lines(join(folder, 'cgroup.procs'))) kill(identify(Number(pid)))
        rmdirSync(folder)
      } catch {
        // What it held is dying; the next start removes it.
      }
    }
    return left.length
  }

  #next(): CallGroup {
    this.#count += 1
    const name = `${PREFIX}${ownMark()}-${this.#count}`
    const { version, memory, cpu } = this.parents
    return new CallGroup({
      version,
      memory: join(memory, name),
      ...(cpu !== undefined && { cpu: join(cpu, name) }),
    })
  }
}
