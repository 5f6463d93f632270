import { paced } from '../files/pace.js'
import { walkTree } from '../files/tree-walk.js'

const MAX_DEPTH = 128
const BLOCK_BYTES = 512

/**
 * Why a workspace, with `unlinkedBytes` that belong to it, is over its limit, or undefined while it is not.
 * Stops counting at the first reason.
 */
export async function findWorkspaceExcess(
  root: string,
  limits: { bytes: number; entries: number },
  unlinkedBytes: number,
): Promise<string | undefined> {
  let [bytes, entries] = [unlinkedBytes, 0]
  const tooLarge = `more than ${limits.bytes} bytes`
  if (bytes > limits.bytes) return tooLarge
  const linked = new Set<number>()
  for await (const entry of paced(walkTree(root, MAX_DEPTH))) {
    // What cannot be measured would be a place to hide an unlimited amount in.
    if (entry.kind === 'unreadable') return 'a folder has no read permission and cannot be measured'
    if (entry.kind === 'too-deep') return `folders are nested deeper than ${MAX_DEPTH} levels`
    const { stats } = entry
    if (stats.nlink > 1 && !stats.isDirectory()) {
      if (linked.has(stats.ino)) continue
      linked.add(stats.ino)
    }
    bytes += stats.blocks * BLOCK_BYTES
    entries += 1
    if (bytes > limits.bytes) return tooLarge
    if (entries > limits.entries) return `more than ${limits.entries} files and folders`
  }
  return undefined
}
