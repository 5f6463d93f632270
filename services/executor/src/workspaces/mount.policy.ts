import { posix } from 'node:path'
import { allowsMount, type Rights } from '@guildhall/contracts'
import { mountTarget } from '@guildhall/sandbox'

/** A host folder below which tasks may have folders mounted, at most in this mode. */
export interface MountRoot {
  path: string
  mode: 'ro' | 'rw'
}

/** What the disk says about a requested folder. */
export interface ObservedMount {
  /** As the task names it. */
  source: string
  mode: 'ro' | 'rw'
  /** Absent when there is no such folder. */
  realPath: string | undefined
  isFolder: boolean
}

export interface AllowedMount {
  source: string
  /** Where functions see it: `/mnt/<base name>`, numbered when two have the same. */
  target: string
  mode: 'ro' | 'rw'
}

/** A folder that the task asked for and does not get; the message says how an operator could allow it. */
export class MountRefusedError extends Error {
  override readonly name = 'MountRefusedError'
}

/**
 * Which folders a task's functions see. Only real folders below an allowed root, writable only below a writable root,
 * and never one that is, holds or lies in a private folder.
 *
 * @param roots real paths
 * @param privateDirs real paths
 * @throws MountRefusedError for the first folder that is refused
 */
export function decideMounts(
  requested: readonly ObservedMount[],
  roots: readonly MountRoot[],
  privateDirs: readonly string[],
): AllowedMount[] {
  const taken = new Set<string>()
  return requested.map((mount) => {
    const source = allowedSource(mount, roots, privateDirs)
    const target = mountTarget(source, taken)
    taken.add(target)
    return { source, target, mode: mount.mode }
  })
}

/**
 * Holds the folders that a task gets against what its run may have mounted.
 * @throws MountRefusedError for the first folder that is beyond
 */
export function refuseBeyondRights(mounts: readonly AllowedMount[], rights: Pick<Rights, 'mounts'>): void {
  const beyond = mounts.find((mount) => !allowsMount(rights, mount))
  if (!beyond) return
  const { source, mode } = beyond
  throw new MountRefusedError(
    `${JSON.stringify(source)} cannot be mounted (${mode}): neither the task nor its agent may have more than it holds; ` +
      `this run holds ${rights.mounts.map((held) => `${held.source} (${held.mode})`).join(', ') || 'no folder'}`,
  )
}

function allowedSource(
  { source, mode, realPath, isFolder }: ObservedMount,
  roots: readonly MountRoot[],
  privateDirs: readonly string[],
): string {
  const path = trimmed(posix.normalize(source))
  const shown = JSON.stringify(source)
  if (realPath === undefined)
    throw new MountRefusedError(`${shown} cannot be mounted: there is no such folder`)
  if (realPath !== path) {
    throw new MountRefusedError(
      `${shown} cannot be mounted: it leads through a symbolic link; name the real folder ${JSON.stringify(realPath)}`,
    )
  }
  if (!isFolder)
    throw new MountRefusedError(`${shown} cannot be mounted: it is not a folder; mount the one it lies in`)
  if (privateDirs.some((dir) => isWithin(path, dir) || isWithin(dir, path))) {
    throw new MountRefusedError(
      `${shown} cannot be mounted: it is, holds or lies in a folder that is private to Guildhall`,
    )
  }
  const above = roots.filter((root) => isWithin(path, root.path))
  if (above.length === 0) {
    throw new MountRefusedError(
      `${shown} cannot be mounted: ${allowedRoots(roots)}. To allow another: guildhall up --mount ${path}`,
    )
  }
  if (mode === 'rw' && !above.some((root) => root.mode === 'rw')) {
    throw new MountRefusedError(
      `${shown} cannot be mounted for writing: ${allowedRoots(roots)}. To allow it: guildhall up --mount ${path}:rw`,
    )
  }
  return path
}

function allowedRoots(roots: readonly MountRoot[]): string {
  if (roots.length === 0) return 'no folder is allowed'
  return `allowed are ${roots.map((root) => `${root.path} (${root.mode})`).join(', ')}`
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`)
}

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
