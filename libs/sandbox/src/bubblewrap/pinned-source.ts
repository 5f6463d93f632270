import { constants, fstatSync, openSync, readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { O_PATH } from '../files/open-beneath.js'
import { InvalidMountError } from '../sandbox.errors.js'
import type { Descriptors } from '../stdio/descriptors.js'

/** A bind source that can no longer be exchanged: the descriptor holds what was checked. */
export interface PinnedSource {
  path: string
  descriptor: number
  kind: 'folder' | 'file'
}

/**
 * Opens the source without following links. The kernel names what was opened in /proc: it equals the given
 * path exactly when no component was a link, and the descriptor stays on it whatever happens to the path
 * afterwards.
 *
 * @throws InvalidMountError
 */
export function pinSource(path: string, descriptors: Descriptors): PinnedSource {
  let descriptor
  try {
    descriptor = descriptors.add(openSync(path, O_PATH | constants.O_NOFOLLOW))
  } catch (error) {
    throw new InvalidMountError(
      path,
      `it cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
    )
  }
  const stats = fstatSync(descriptor)
  if (stats.isSymbolicLink() || readlinkSync(`/proc/self/fd/${descriptor}`) !== path)
    throw new InvalidMountError(path, 'a component is a link: give the real path')
  if (!stats.isDirectory() && !stats.isFile())
    throw new InvalidMountError(path, 'it must be a folder or a regular file')
  return { path, descriptor, kind: stats.isDirectory() ? 'folder' : 'file' }
}

/**
 * Whether `uid` (with the gid of the same number) may pass every folder above the path, by mode bits alone.
 */
export function isReachableBy(uid: number, path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid: owner, gid } = statSync(folder)
    const passBit = owner === uid ? 0o100 : gid === uid ? 0o010 : 0o001
    if ((mode & passBit) === 0) return false
    if (folder === '/') return true
  }
}
