import { lstatSync, readdirSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLeftBehind, ownMark } from '../watch/owner-mark.js'

const PREFIX = 'sandbox-'

/**
 * Runs `use` with the real path of a private folder that is gone afterwards: open descriptors of its files
 * outlive it.
 */
export async function withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${PREFIX}${ownMark()}-`)))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Removes the folders of this user's processes that were killed meanwhile. */
export async function sweepScratchFolders(): Promise<void> {
  const own = process.getuid?.()
  for (const name of readdirSync(tmpdir()).filter((found) => isLeftBehind(found, PREFIX))) {
    const path = join(tmpdir(), name)
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === own)
      await rm(path, { recursive: true, force: true })
  }
}
