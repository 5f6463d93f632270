import { type BigIntStats, fstatSync } from 'node:fs'
import { join, relative } from 'node:path'
import { workspaceTarget } from '../bubblewrap/arguments.js'
import { pinSource } from '../bubblewrap/pinned-source.js'
import { planIslands } from '../islands.policy.js'
import { isWithin } from '../mounts.policy.js'
import type { SandboxSurroundings } from '../sandbox.js'
import { InvalidMountError } from '../sandbox.errors.js'
import type { Descriptors } from '../stdio/descriptors.js'
import type { JobMount } from './call.job.js'

/** A mount whose source cannot be exchanged unnoticed. */
export interface ClaimMount extends JobMount {
  source: string
  inode: bigint
}

/** Where a folder of this process lies on the claim's volume. @throws InvalidMountError when it does not */
export function placeOnClaim(source: string, claimPath: string): string {
  if (!isWithin(source, claimPath))
    throw new InvalidMountError(
      source,
      `it is not on the volume that pods are given, which is at ${claimPath}`,
    )
  return relative(claimPath, source)
}

/**
 * What a call sees of the claim's volume, each source held by a descriptor.
 *
 * @throws InvalidMountError
 */
export function pinClaimMounts(
  { workspace, mounts, protect = [] }: SandboxSurroundings,
  claimPath: string,
  descriptors: Descriptors,
): ClaimMount[] {
  const shown = [
    { source: workspace, target: workspaceTarget, mode: 'rw' as const },
    ...mounts,
    ...planIslands(protect).map(({ path, mode }) => ({
      source: join(workspace, path),
      target: join(workspaceTarget, path),
      mode,
    })),
  ]
  return shown.map(({ source, target, mode }) => {
    const subPath = placeOnClaim(source, claimPath)
    const { descriptor } = pinSource(source, descriptors)
    const { ino }: BigIntStats = fstatSync(descriptor, { bigint: true })
    return { source, target, mode, subPath, inode: ino }
  })
}

/**
 * The source of the first mount that shows something else than what was pinned: a node follows the path anew, and somebody may
 * have put a link there.
 *
 * @param inodes as the pod sees them, in the order of the mounts
 */
export const findExchangedMount = (
  mounts: readonly ClaimMount[],
  inodes: readonly string[],
): string | undefined => mounts.find(({ inode }, index) => inodes[index] !== String(inode))?.source
