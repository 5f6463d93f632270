import { workspaceTarget } from '../bubblewrap/arguments.js'
import { isWithin } from '../mounts.policy.js'
import type { SandboxSurroundings } from '../sandbox.js'

/**
 * The word as a process without mounts has to be given it: one that is a path below /workspace or a mount, as the path
 * on the host. Paths inside other words, such as a script's, stay as they are.
 */
export function onHost(word: string, { workspace, mounts }: SandboxSurroundings): string {
  const shown = [{ target: workspaceTarget, source: workspace }, ...mounts]
  const found = shown.find(({ target }) => isWithin(word, target))
  return found === undefined ? word : found.source + word.slice(found.target.length)
}
