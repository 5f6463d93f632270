import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Descriptors } from '../stdio/descriptors.js'
import { pidsOf } from '../watch/process-tree.js'
import type { CgroupPlace } from './cgroup-place.policy.js'

const REMOVE_GRACE_MS = 1_000
/** What files that were read may have left; the kernel takes it away when the next call needs the room. */
const MOST_LEFT_BYTES = 4 * 2 ** 20

/** Where the groups of calls lie: one folder for memory, and in version 1 perhaps another for processor time. */
export interface GroupPlace {
  version: CgroupPlace['version']
  memory: string
  cpu?: string
}

/** Longer than what any of the files says of its numbers. */
const answer = Buffer.alloc(4_096)

/** The memory of one call, bounded by the kernel, and its processor time, counted by it. */
export class CallGroup {
  /** Files that are read again and again, by path; of a group that this process made. */
  #held: Map<string, number> | undefined

  constructor(
    private readonly place: GroupPlace,
    readonly limitBytes = Infinity,
  ) {}

  /** Makes it. Throws when that is not allowed. */
  make(): void {
    const { version, memory, cpu } = this.place
    const { limitBytes } = this
    mkdirSync(memory)
    this.#held = new Map()
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

  /** Makes it as good as new for another call, once nothing of the last one lives; false when it cannot be. */
  renew(): boolean {
    const { version, memory, cpu } = this.place
    // Version 2 forgets neither its highest nor its sum.
    if (version === 2 || this.oomKills > 0) return false
    const left = this.#number('memory.usage_in_bytes', /^(\d+)$/m)
    if (left === undefined || left > MOST_LEFT_BYTES) return false
    try {
      writeFileSync(join(memory, 'memory.max_usage_in_bytes'), '0')
      if (cpu !== undefined) writeFileSync(join(cpu, 'cpuacct.usage'), '0')
      return true
    } catch {
      return false
    }
  }

  /** Nothing of the call may live any more; the kernel may need a moment to see that. */
  async remove(): Promise<void> {
    this.#letGo()
    const { memory, cpu } = this.place
    await Promise.all([memory, ...(cpu === undefined ? [] : [cpu])].map(removeFolder))
  }

  /** At once, and only when it is empty. */
  removeIdle(): void {
    this.#letGo()
    const { memory, cpu } = this.place
    for (const folder of [memory, ...(cpu === undefined ? [] : [cpu])]) {
      try {
        rmdirSync(folder)
      } catch {
        // The next start of an executor removes it.
      }
    }
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
      const found = pattern.exec(this.#read(join(folder, file)))?.[1]
      return found === undefined ? undefined : Number(found)
    } catch {
      return undefined
    }
  }

  #read(path: string): string {
    if (this.#held === undefined) return readFileSync(path, 'latin1')
    let descriptor = this.#held.get(path)
    if (descriptor === undefined) this.#held.set(path, (descriptor = openSync(path, 'r')))
    return answer.toString('latin1', 0, readSync(descriptor, answer, 0, answer.length, 0))
  }

  #letGo(): void {
    for (const descriptor of this.#held?.values() ?? []) closeSync(descriptor)
    this.#held = undefined
  }
}

const scaled = (value: number | undefined, unit: number): number | undefined =>
  value === undefined ? undefined : value / unit

async function removeFolder(folder: string): Promise<void> {
  const deadline = performance.now() + REMOVE_GRACE_MS
  for (let pauseMs = 1; ; pauseMs *= 2) {
    try {
      // The kernel may let it wait for calls that enter their groups.
      await rmdir(folder)
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || performance.now() > deadline) return
      await delay(pauseMs)
    }
  }
}
