import type { SandboxLimits } from '../limits.js'
import type { SandboxEnding } from '../sandbox.js'
import { freezeTree, measureCpuMs, measureMemoryExactly, measureTree } from './process-tree.js'
import { measureUnlinkedFiles } from './unlinked-files.js'
import { WorkspaceWatch } from './workspace-watch.js'

const PROCESSES_EVERY_MS = 50

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
  #stopped = false
  readonly #workspace: WorkspaceWatch
  readonly #timer: NodeJS.Timeout

  constructor(private readonly watched: Watched) {
    const { init, workspace, limits, isIdle } = watched
    this.#workspace = new WorkspaceWatch({
      workspace,
      limits,
      isIdle,
      measureUnlinked: () => measureUnlinkedFiles(init, workspace),
      freeze: () => freezeTree(init),
      onExcess: (detail) => this.#report('workspace', detail),
    })
    this.#timer = setInterval(() => isIdle() || this.#checkProcesses(), PROCESSES_EVERY_MS)
  }

  /** False as soon as a poll could not see what it should bound. */
  get seesWorkspace(): boolean {
    return this.#workspace.seesWorkspace
  }

  /** Ends all polling; resolves when no walk holds the workspace open. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#workspace.stop()
  }

  /** Looks at what the processes used so far; polls do, and the end of the command is the last moment to. */
  lookAtUsage(): void {
    this.cpuMs = measureCpuMs(this.watched.init) ?? this.cpuMs
  }

  #report(ending: SandboxEnding, detail: string): void {
    if (this.#stopped) return
    void this.stop()
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
}
