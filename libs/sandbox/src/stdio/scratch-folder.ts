import { accessSync, constants, lstatSync, readdirSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLeftBehind, ownMark } from '../watch/owner-mark.js'

const PREFIX = 'sandbox-'
const IN_MEMORY = '/dev/shm'

/**
 * Where names that live for a moment cost least: a file system on a disk looks at all that it removed a moment ago
 * before it makes the next. For what is small, since memory holds it. Where there is none, where the machine keeps
 * temporary files.
 */
export function memoryFolder(): string {
  try {
    accessSync(IN_MEMORY, constants.W_OK | constants.X_OK)
    return IN_MEMORY
  } catch {
    return tmpdir()
  }
}

/**
 * Runs `use` with the real path of a private folder that is gone afterwards: open descriptors of its files
 * outlive it.
 *
 * @param parent where it is made; absent: where the machine keeps temporary files
 */
export async function withScratchFolder<T>(
  use: (folder: string) => Promise<T>,
  parent = tmpdir(),
): Promise<T> {
  const folder = await realpath(await mkdtemp(join(parent, `${PREFIX}${ownMark()}-`)))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Removes the folders of this user's processes that were killed meanwhile.
 *
 * @param parents where they were made
 */
export async function sweepScratchFolders(...parents: string[]): Promise<void> {
  const own = process.getuid?.()
  for (const parent of new Set(parents.length > 0 ? parents : [tmpdir(), memoryFolder()]))
    for (const name of readdirSync(parent).filter((found) => isLeftBehind(found, PREFIX))) {
      const path = join(parent, name)
      if (lstatSync(path, { throwIfNoEntry: false })?.uid === own)
        await rm(path, { recursive: true, force: true })
    }
}
