import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
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

/** The memory of one call, bounded by the kernel. */
export class MemoryGroup {
  constructor(
    private readonly version: CgroupPlace['version'],
    private readonly folder: string,
  ) {}

  /** Makes it. Rejects when that is not allowed. */
  async make(limitBytes: number): Promise<void> {
    await mkdir(this.folder)
    if (this.version === 2) {
      await this.#set('memory.max', limitBytes)
      await this.#set('memory.swap.max', 0, true)
      await this.#set('memory.oom.group', 1, true)
    } else {
      await this.#set('memory.limit_in_bytes', limitBytes)
      await this.#set('memory.memsw.limit_in_bytes', limitBytes, true)
    }
  }

  /** Takes the process in, and its descendants. */
  async join(root: number): Promise<void> {
    await this.#set('cgroup.procs', root)
    // What it starts from now on is in the group already.
    for (const pid of pidsOf(root)) if (pid !== root) await this.#set('cgroup.procs', pid)
  }

  /** Processes that the kernel ended because the call had more memory than its limit. */
  get oomKills(): number {
    const file = this.version === 2 ? 'memory.events' : 'memory.oom_control'
    try {
      return Number(/^oom_kill (\d+)/m.exec(readFileSync(join(this.folder, file), 'utf8'))?.[1] ?? 0)
    } catch {
      return 0
    }
  }

  /** Nothing of the call may live any more; the kernel may need a moment to see that. */
  async remove(): Promise<void> {
    const deadline = performance.now() + REMOVE_GRACE_MS
    for (let pauseMs = 1; ; pauseMs *= 2) {
      try {
        rmdirSync(this.folder)
        return
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT' || performance.now() > deadline) return
        await delay(pauseMs)
      }
    }
  }

  async #set(file: string, value: number, isOptional = false): Promise<void> {
    try {
      await writeFile(join(this.folder, file), String(value))
    } catch (error) {
      // Swap may not be counted on this kernel.
      if (!isOptional) throw error
    }
  }
}

/** Control groups for calls, where this process may make them. */
export class MemoryGroups {
  #count = 0

  private constructor(
    private readonly version: CgroupPlace['version'],
    private readonly parent: string,
  ) {}

  /** Undefined where the kernel controls memory for somebody else only; then a poll has to do. */
  static async open(): Promise<MemoryGroups | undefined> {
    const places = cgroupPlaces(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      readFileSync('/proc/self/cgroup', 'utf8'),
    )
    for (const { version, folder } of places) {
      try {
        const groups = new MemoryGroups(version, version === 2 ? openUnified(folder) : folder)
        const attempt = groups.#next()
        await attempt.make(2 ** 30)
        await attempt.remove()
        return groups
      } catch {
        // Not delegated to this process.
      }
    }
    return undefined
  }

  /**
   * A group with the process and its descendants; undefined when the kernel refuses, which is said by what the call
   * reports as enforced. Never rejects.
   */
  async create(limitBytes: number, root?: number): Promise<MemoryGroup | undefined> {
    const group = this.#next()
    try {
      await group.make(limitBytes)
      if (root !== undefined) await group.join(root)
      return group
    } catch {
      await group.remove()
      return undefined
    }
  }

  /** Ends and removes the groups of processes that died before they could. */
  sweep(): number {
    const left = readdirSync(this.parent).filter((name) => isLeftBehind(name, PREFIX))
    for (const folder of left.map((name) => join(this.parent, name))) {
      try {
        for (const pid of lines(join(folder, 'cgroup.procs'))) kill(identify(Number(pid)))
        rmdirSync(folder)
      } catch {
        // What it held is dying; the next start removes it.
      }
    }
    return left.length
  }

  #next(): MemoryGroup {
    this.#count += 1
    return new MemoryGroup(this.version, join(this.parent, `${PREFIX}${ownMark()}-${this.#count}`))
  }
}
