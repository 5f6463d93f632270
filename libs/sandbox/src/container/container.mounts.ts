import { type BigIntStats, fstatSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { workspaceTarget } from '../bubblewrap/arguments.js'
import { pinSource } from '../bubblewrap/pinned-source.js'
import { planIslands } from '../islands.policy.js'
import type { SandboxSurroundings } from '../sandbox.js'
import type { Descriptors } from '../stdio/descriptors.js'
import type { ContainerMount } from './container.body.js'
import { EngineError } from './engine.client.js'

/** A mount whose source cannot be exchanged unnoticed. */
export interface PinnedMount extends ContainerMount {
  descriptor: number
}

/**
 * What a call sees of the host, each source held by a descriptor.
 *
 * @param folder of the call alone, for files that name its user and no other machine; engines put in the host's
 * @throws InvalidMountError
 */
export async function pinMounts(
  { workspace, mounts, protect = [] }: SandboxSurroundings,
  user: { uid: number; gid: number },
  folder: string,
  descriptors: Descriptors,
): Promise<PinnedMount[]> {
  const etc = {
    passwd: `sandbox:x:${user.uid}:${user.gid}:sandbox:${workspaceTarget}:/bin/sh\n`,
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
    'resolv.conf': 'nameserver 127.0.0.1\n',
  }
  for (const [name, content] of Object.entries(etc))
    await writeFile(join(folder, name), content, { mode: 0o644 })
  const shown = [
    { source: workspace, target: workspaceTarget, mode: 'rw' as const },
    ...Object.keys(etc).map((name) => ({
      source: join(folder, name),
      target: `/etc/${name}`,
      mode: 'ro' as const,
    })),
    ...mounts,
    ...planIslands(protect).map(({ path, mode }) => ({
      source: join(workspace, path),
      target: join(workspaceTarget, path),
      mode,
    })),
  ]
  return shown.map((mount) => ({ ...mount, descriptor: pinSource(mount.source, descriptors).descriptor }))
}

/**
 * The source of the first mount that shows something else than what was pinned: the engine follows the path anew, and
 * somebody may have put a link there. Looks through the container's first process, before the command runs.
 *
 * @throws EngineError when this process may not look
 */
export function findExchanged(init: number, mounts: readonly PinnedMount[]): string | undefined {
  return mounts.find(({ target, descriptor }) => {
    const shown = look(`/proc/${init}/root${target}`)
    const pinned = fstatSync(descriptor, { bigint: true })
    return shown?.dev !== pinned.dev || shown.ino !== pinned.ino
  })?.source
}

function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    throw new EngineError(0, `what is mounted cannot be looked at: ${(error as Error).message}`)
  }
}
