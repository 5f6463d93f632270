import { lstatSync, readdirSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLeftBehind, ownMark } from '../watch/owner-mark.js'

const PREFIX = 'sandbox-'

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
 * @param parent where they were made
 */
export async function sweepScratchFolders(parent = tmpdir()): Promise<void> {
  const own = process.getuid?.()
  for (const name of readdirSync(parent).filter((found) => isLeftBehind(found, PREFIX))) {
    const path = join(parent, name)
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === own)
      await rm(path, { recursive: true, force: true })
  }
}
