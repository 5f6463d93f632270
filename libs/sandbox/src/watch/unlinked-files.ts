import { readdirSync, statSync } from 'node:fs'
import { pidsOf } from './process-tree.js'

const BLOCK_BYTES = 512

/**
 * Disk space of files that a sandbox deleted but still holds open: no walk of the workspace finds them. Files
 * kept by a memory mapping alone are not seen.
 */
export function measureUnlinkedFiles(init: number, workspace: string): number {
  const { dev } = statSync(workspace)
  const counted = new Map<number, number>()
  for (const pid of pidsOf(init)) {
    let descriptors: string[] = []
    try {
      descriptors = readdirSync(`/proc/${pid}/fd`)
    } catch {
      // It ended meanwhile.
    }
    for (const descriptor of descriptors) {
      const stats = statSync(`/proc/${pid}/fd/${descriptor}`, { throwIfNoEntry: false })
      if (stats?.nlink === 0 && stats.dev === dev && stats.isFile()) counted.set(stats.ino, stats.blocks)
    }
  }
  return BLOCK_BYTES * [...counted.values()].reduce((sum, blocks) => sum + blocks, 0)
}
