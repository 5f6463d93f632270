import type { SandboxLimits } from '../limits.js'
import { DiskAlarm } from './disk-alarm.js'
import { measureWorkspace, type WorkspaceUsage } from './workspace-usage.js'

const WORKSPACE_EVERY_MS = 200
const ALARM_EVERY_MS = 10
/** A walk of a large workspace may use a quarter of a core, not all of it; when the alarm rings, half of one. */
const WALK_REST_FACTOR = 3

export interface WatchedWorkspace {
  workspace: string
  limits: Pick<SandboxLimits, 'workspaceBytes' | 'workspaceEntries'>
  /** Whether there is nothing to watch for now. */
  isIdle: () => boolean
  /** Disk space of files that the call deleted but still holds open. */
  measureUnlinked: () => number
  /** Stops the call while its workspace is measured, and returns what lets it go on; absent where that cannot be done. */
  freeze?: () => () => void
  /** Called once, with what was found. */
  onExcess: (detail: string) => void
}

/** Polls the size of a workspace. */
export class WorkspaceWatch {
  /** False as soon as a poll could not see what it should bound. */
  seesWorkspace = true
  #stopped = false
  readonly #allowed: WorkspaceUsage
  readonly #alarm: DiskAlarm | undefined
  readonly #timer: NodeJS.Timeout
  #walkDueAt = performance.now() + WORKSPACE_EVERY_MS
  #restsUntil = 0
  #walk: Promise<void> | undefined

  constructor(private readonly watched: WatchedWorkspace) {
    const { workspace, limits } = watched
    this.#allowed = { bytes: limits.workspaceBytes, entries: limits.workspaceEntries }
    try {
      this.#alarm = new DiskAlarm(workspace, this.#allowed)
    } catch {
      this.seesWorkspace = false
    }
    this.#timer = setInterval(() => watched.isIdle() || this.#check(), ALARM_EVERY_MS)
  }

  /** Ends all polling; resolves when no walk holds the workspace open. */
  async stop(): Promise<void> {
    this.#end()
    await this.#walk
  }

  #end(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }

  #report(detail: string): void {
    if (this.#stopped) return
    this.#end()
    this.watched.onExcess(detail)
  }

  #check(): void {
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
    const { workspace, freeze, measureUnlinked } = this.watched
    const startedAt = performance.now()
    // It may be about to fill the disk faster than it can be measured.
    const release = isAlarmed ? freeze?.() : undefined
    try {
      const free = alarm.free()
      const found = await measureWorkspace(workspace, this.#allowed, measureUnlinked())
      if (typeof found === 'string') this.#report(found)
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
