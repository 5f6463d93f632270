import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isLeftBehind, ownMark } from '../watch/owner-mark.js'
import { identify, kill } from '../watch/process-identity.js'
import { CallGroup, type GroupPlace } from './call-group.js'
import { cgroupPlaces } from './cgroup-place.policy.js'

const PREFIX = 'guildhall-'
/** Where a service's own processes are, so that groups of calls may lie beside: a group with both cannot control. */
const SUPERVISOR = 'supervisor'
/** Groups that wait for another call. */
const MOST_IDLE = 16

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

let count = 0

/** Control groups for calls, where this process may make them. */
export class CallGroups {
  readonly #idle: CallGroup[] = []

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
          const attempt = groups.#next(2 ** 30)
          try {
            attempt.make()
          } finally {
            await attempt.remove()
          }
          process.once('exit', () => groups.removeIdle())
          return groups
        } catch {
          // Not delegated to this process.
        }
      }
    }
    return undefined
  }

  /**
   * A group without processes: that of an earlier call with the same limit, or a new one. Making and removing one keeps
   * all others waiting. Undefined when the kernel refuses, which is said by what the call reports as enforced.
   */
  create(limitBytes: number): CallGroup | undefined {
    const at = this.#idle.findLastIndex((idle) => idle.limitBytes === limitBytes)
    if (at >= 0) return this.#idle.splice(at, 1)[0]
    const group = this.#next(limitBytes)
    try {
      group.make()
      return group
    } catch {
      void group.remove()
      return undefined
    }
  }

  /** @param isEmpty whether nothing of its call lives */
  async release(group: CallGroup, isEmpty: boolean): Promise<void> {
    if (!isEmpty || !group.renew()) return group.remove()
    this.#idle.push(group)
    if (this.#idle.length > MOST_IDLE) await this.#idle.shift()?.remove()
  }

  /** Removes those that wait for another call. */
  removeIdle(): void {
    for (const group of this.#idle.splice(0)) group.removeIdle()
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

  #next(limitBytes: number): CallGroup {
    const name = `${PREFIX}${ownMark()}-${++count}`
    const { version, memory, cpu } = this.parents
    const place = { version, memory: join(memory, name), ...(cpu !== undefined && { cpu: join(cpu, name) }) }
    return new CallGroup(place, limitBytes)
  }
}
