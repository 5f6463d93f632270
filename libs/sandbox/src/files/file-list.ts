import { isUtf8 } from 'node:buffer'
import { paced } from './pace.js'
import { walkTree } from './tree-walk.js'

/**
 * Regular files below `root`, sorted by path (relative, with `/`). Links are neither followed nor listed;
 * names that are not UTF-8 are left out, since no caller could name them. At most `maxEntries` files; folders
 * deeper than `maxDepth` levels (1 = only `root` itself) are not entered.
 */
export async function listFiles(
  root: string,
  { maxEntries, maxDepth }: { maxEntries: number; maxDepth: number },
): Promise<{ path: string; sizeBytes: number }[]> {
  const files: { path: string; sizeBytes: number }[] = []
  if (maxEntries <= 0) return files
  for await (const entry of paced(walkTree(root, maxDepth))) {
    if (entry.kind !== 'entry' || !entry.stats.isFile() || !isUtf8(entry.path)) continue
    files.push({ path: entry.path.toString('utf8'), sizeBytes: entry.stats.size })
    if (files.length >= maxEntries) break
  }
  return files.sort((left, right) => (left.path < right.path ? -1 : 1))
}
