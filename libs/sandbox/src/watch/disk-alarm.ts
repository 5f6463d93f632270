import { statfsSync } from 'node:fs'
import type { WorkspaceUsage } from './workspace-usage.js'

interface FreeSpace {
  bytes: number
  entries: number
}

function freeSpace(path: string): FreeSpace {
  const { bfree, bsize, ffree } = statfsSync(path)
  return { bytes: bfree * bsize, entries: ffree }
}

/**
 * Says when a workspace may be over its limit: its whole file system lost more since the last measurement than what was
 * left to the workspace then. Costs microseconds, where a measurement costs milliseconds.
 */
export class DiskAlarm {
  #left: WorkspaceUsage
  #free: FreeSpace

  constructor(
    private readonly path: string,
    private readonly limits: WorkspaceUsage,
  ) {
    this.#left = limits
    this.#free = freeSpace(path)
  }

  rings(): boolean {
    const free = freeSpace(this.path)
    return (
      this.#free.bytes - free.bytes > this.#left.bytes ||
      this.#free.entries - free.entries > this.#left.entries
    )
  }

  /** `freeBefore` is what `free()` said when the measurement began: what came during it rings too. */
  measured(usage: WorkspaceUsage, freeBefore: FreeSpace): void {
    this.#free = freeBefore
    this.#left = {
      bytes: this.limits.bytes - usage.bytes,
      entries: this.limits.entries - usage.entries,
    }
  }

  free(): FreeSpace {
    return freeSpace(this.path)
  }
}
