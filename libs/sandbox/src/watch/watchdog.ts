import type { SandboxLimits } from '../limits.js'
import type { SandboxEnding } from '../sandbox.js'
import { DiskAlarm } from './disk-alarm.js'
import { freezeTree, measureCpuMs, measureMemoryExactly, measureTree } from './process-tree.js'
import { measureUnlinkedFiles } from './unlinked-files.js'
import { measureWorkspace, type WorkspaceUsage } from './workspace-usage.js'

const PROCESSES_EVERY_MS = 50
const WORKSPACE_EVERY_MS = 200
const ALARM_EVERY_MS = 10
/** A walk of a large workspace may use a quarter of a core, not all of it; when the alarm rings, half of one. */
const WALK_REST_FACTOR = 3

export const OUT_OF_MEMORY = 'the kernel ended a process that would have exceeded the limit'

interface Watched {
  init: number
  workspace: string
  limits: SandboxLimits
  /** Whether there is nothing to watch for now. */
  isIdle: () => boolean
  /** Whether nobody else counts what the call uses. */
  countsUsage: () => boolean
  /** Processes that the kernel ended for want of memory, where it bounds that. */
  countOomKills: () => number
  /** Called once, with what was found. */
  onExcess: (ending: SandboxEnding, detail: string) => void
}

/**
 * Polls what neither namespaces nor rlimits bound: memory and tasks of the whole tree, and the size of the
 * workspace.
 */
export class Watchdog {
  maxMemoryBytes = 0
  /** Processor time at the last look; undefined before the first. */
  cpuMs: number | undefined
  /** False as soon as a poll could not see what it should bound. */
  seesWorkspace = true
  #stopped = false
  readonly #allowed: WorkspaceUsage
  readonly #alarm: DiskAlarm | undefined
  readonly #timers: NodeJS.Timeout[]
  #walkDueAt = performance.now() + WORKSPACE_EVERY_MS
  #restsUntil = 0
  #walk: Promise<void> | undefined

  constructor(private readonly watched: Watched) {
    const { workspace, limits } = watched
    this.#allowed = { bytes: limits.workspaceBytes, entries: limits.workspaceEntries }
    try {
      this.#alarm = new DiskAlarm(workspace, this.#allowed)
    } catch {
      this.seesWorkspace = false
    }
    this.#timers = [
      setInterval(() => watched.isIdle() || this.#checkProcesses(), PROCESSES_EVERY_MS),
      setInterval(() => watched.isIdle() || this.#checkWorkspace(), ALARM_EVERY_MS),
    ]
  }

  /** Ends all polling; resolves when no walk holds the workspace open. */
  async stop(): Promise<void> {
    this.#end()
    await this.#walk
  }

  /** Looks at what the processes used so far; polls do, and the end of the command is the last moment to. */
  lookAtUsage(): void {
    this.cpuMs = measureCpuMs(this.watched.init) ?? this.cpuMs
  }

  #end(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearInterval(timer)
  }

  #report(ending: SandboxEnding, detail: string): void {
    if (this.#stopped) return
    this.#end()
    this.watched.onExcess(ending, detail)
  }

  #checkProcesses(): void {
    const { init, limits, countOomKills } = this.watched
    if (countOomKills() > 0) this.#report('memory', OUT_OF_MEMORY)
    if (this.watched.countsUsage()) this.lookAtUsage()
    const usage = measureTree(init)
    // Forked copies make the cheap sum too high; only a sum over the limit is worth the exact one.
    const memoryBytes =
      usage.memoryBytes > limits.memoryBytes ? measureMemoryExactly(init) : usage.memoryBytes
    this.maxMemoryBytes = Math.max(this.maxMemoryBytes, memoryBytes)
    if (memoryBytes > limits.memoryBytes)
      this.#report('memory', `${memoryBytes} bytes in use, the limit is ${limits.memoryBytes}`)
    // The kernel refuses the next one anyway; a bomb that sits at the limit would burn its wall time.
    else if (usage.tasks >= limits.processes)
      this.#report('processes', `${usage.tasks} tasks, the limit is ${limits.processes}`)
  }

  #checkWorkspace(): void {
    const now = performance.now()
    if (this.#walk !== undefined || this.#alarm === undefined || now < this.#restsUntil) return
    let isAlarmed = false
    try {
      isAlarmed = this.#alarm.rings()
    } catch {
      this.seesWorkspace = false
    }
    if (!isAlarmed && now < this.#walkDueAt) return
    this.#walk = this.#measure(this.#alarm, isAlarmed).finally(() => (this.#walk = undefined))
  }

  async #measure(alarm: DiskAlarm, isAlarmed: boolean): Promise<void> {
    const { init, workspace } = this.watched
    const startedAt = performance.now()
    // It may be about to fill the disk faster than it can be measured.
    const release = isAlarmed ? freezeTree(init) : undefined
    try {
      const free = alarm.free()
      const found = await measureWorkspace(workspace, this.#allowed, measureUnlinkedFiles(init, workspace))
      if (typeof found === 'string') this.#report('workspace', found)
      else alarm.measured(found, free)
    } catch {
      this.seesWorkspace = false
    } finally {
      release?.()
    }
    const now = performance.now()
    const tookMs = now - startedAt
    this.#walkDueAt = now + Math.max(WORKSPACE_EVERY_MS, WALK_REST_FACTOR * tookMs)
    this.#restsUntil = now + tookMs
  }
}
