import { posix } from 'node:path'
import { isWithin } from './mounts.policy.js'
import { InvalidMountError, InvalidRequestError } from './sandbox.errors.js'

/** A part of a workspace, relative to it, that is mounted over itself. */
export interface Island {
  path: string
  mode: 'ro' | 'rw'
}

function assertIsland(path: string): void {
  const isPlain = path !== '' && posix.normalize(path) === path && !path.endsWith('/')
  if (
    !isPlain ||
    path === '.' ||
    posix.isAbsolute(path) ||
    path.includes('\0') ||
    path.split('/')[0] === '..'
  )
    throw new InvalidMountError(
      path,
      'a protected path is relative to the workspace, without "..", "." or "//"',
    )
}

/**
 * The mounts that keep `paths` as they are, outermost first. Every folder above one is mounted over itself too: what is
 * a mount point cannot be moved away, and the island with it.
 *
 * @throws InvalidMountError
 */
export function planIslands(paths: readonly string[]): Island[] {
  for (const path of paths) assertIsland(path)
  const islands = [...new Set(paths)].filter(
    (path, _, all) => !all.some((other) => other !== path && isWithin(path, other)),
  )
  const above = new Set(islands.flatMap(foldersAbove))
  return [
    ...[...above].map((path): Island => ({ path, mode: 'rw' })),
    ...islands.map((path): Island => ({ path, mode: 'ro' })),
  ].sort((left, right) => depth(left.path) - depth(right.path) || (left.path < right.path ? -1 : 1))
}

const depth = (path: string): number => path.split('/').length

function foldersAbove(path: string): string[] {
  const names = path.split('/')
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'))
}

/**
 * Which workspaces have calls, and what those protect. bubblewrap before 0.12 follows a link that appears in place of a
 * mount point while it mounts, onto the host (CVE-2026-87766). Only a call in the same workspace could plant one, and
 * cannot where every call has the same islands.
 */
export class ProtectedWorkspaces {
  readonly #busy = new Map<string, { islands: string; calls: number }>()

  /**
   * @returns ends the call's claim
   * @throws InvalidRequestError while calls in the workspace protect something else
   */
  enter(workspace: string, protect: readonly string[]): () => void {
    const islands = JSON.stringify(planIslands(protect))
    const entry = this.#busy.get(workspace) ?? { islands, calls: 0 }
    if (entry.islands !== islands)
      throw new InvalidRequestError('a call that protects other paths is still running in this workspace')
    entry.calls += 1
    this.#busy.set(workspace, entry)
    return () => {
      entry.calls -= 1
      if (entry.calls === 0) this.#busy.delete(workspace)
    }
  }
}
