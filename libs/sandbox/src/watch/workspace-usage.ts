import { paced } from '../files/pace.js'
import { walkTree } from '../files/tree-walk.js'

const MAX_DEPTH = 128
const BLOCK_BYTES = 512

/** What a workspace holds, or may hold. */
export interface WorkspaceUsage {
  bytes: number
  entries: number
}

/**
 * What the workspace holds, with `unlinkedBytes` that belong to it; or why it is over its limit. Stops counting at
 * the first reason.
 */
export async function measureWorkspace(
  root: string,
  limits: WorkspaceUsage,
  unlinkedBytes: number,
): Promise<WorkspaceUsage | string> {
  let [bytes, entries] = [unlinkedBytes, 0]
  const tooLarge = `more than ${limits.bytes} bytes`
  if (bytes > limits.bytes) return tooLarge
  const linked = new Set<number>()
  for await (const entry of paced(walkTree(root, MAX_DEPTH))) {
    // What cannot be measured would be a place to hide an unlimited amount in.
    if (entry.kind === 'unreadable') return 'a folder has no read permission and cannot be measured'
    if (entry.kind === 'too-deep') return `folders are nested deeper than ${MAX_DEPTH} levels`
    const { stats } = entry
    entries += 1
    if (entries > limits.entries) return `more than ${limits.entries} files and folders`
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (linked.has(stats.ino)) continue
      linked.add(stats.ino)
    }
    bytes += stats.blocks * BLOCK_BYTES
    if (bytes > limits.bytes) return tooLarge
  }
  return { bytes, entries }
}
