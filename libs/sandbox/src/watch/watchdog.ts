import { maxWorkspaceEntries, type SandboxLimits } from '../limits.js'
import type { SandboxEnding } from '../sandbox.js'
import { measureMemoryExactly, measureTree } from './process-tree.js'
import { measureUnlinkedFiles } from './unlinked-files.js'
import { findWorkspaceExcess } from './workspace-usage.js'

const PROCESSES_EVERY_MS = 50
const WORKSPACE_EVERY_MS = 200
/** A walk of a large workspace may use a quarter of a core, not all of it. */
const WALK_REST_FACTOR = 3

interface Watched {
  init: number
  workspace: string
  limits: SandboxLimits
  /** Called once, with what was found. */
  onExcess: (ending: SandboxEnding, detail: string) => void
}

/**
 * Polls what neither namespaces nor rlimits bound: memory and tasks of the whole tree, and the size of the
 * workspace.
 */
export class Watchdog {
  maxMemoryBytes = 0
  /** False as soon as a poll could not see what it should bound. */
  seesWorkspace = true
  #stopped = false
  readonly #timer: NodeJS.Timeout
  #walkTimer: NodeJS.Timeout | undefined
  #walk: Promise<void> = Promise.resolve()

  constructor(private readonly watched: Watched) {
    this.#timer = setInterval(() => this.#checkProcesses(), PROCESSES_EVERY_MS)
    this.#scheduleWalk(WORKSPACE_EVERY_MS)
  }

  /** Ends all polling; resolves when no walk holds the workspace open. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    clearTimeout(this.#walkTimer)
    await this.#walk
  }

  #report(ending: SandboxEnding, detail: string): void {
    if (this.#stopped) return
    this.#stopped = true
    clearInterval(this.#timer)
    clearTimeout(this.#walkTimer)
    this.watched.onExcess(ending, detail)
  }

  #checkProcesses(): void {
    const { init, limits } = this.watched
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

  #scheduleWalk(afterMs: number): void {
    this.#walkTimer = setTimeout(() => {
      this.#walk = this.#checkWorkspace()
    }, afterMs)
  }

  async #checkWorkspace(): Promise<void> {
    const { init, workspace, limits } = this.watched
    const startedAt = performance.now()
    try {
      const allowed = { bytes: limits.workspaceBytes, entries: maxWorkspaceEntries(limits) }
      const excess = await findWorkspaceExcess(workspace, allowed, measureUnlinkedFiles(init, workspace))
      if (excess !== undefined) this.#report('workspace', excess)
    } catch {
      this.seesWorkspace = false
    }
    if (!this.#stopped)
      this.#scheduleWalk(Math.max(WORKSPACE_EVERY_MS, WALK_REST_FACTOR * (performance.now() - startedAt)))
  }
}
