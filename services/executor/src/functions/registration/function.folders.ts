import { randomUUID } from 'node:crypto'
import { lstat, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeSkillFile, type SkillFile } from '@guildhall/contracts'
import { writeFilesBelow } from '@guildhall/sandbox'

/**
 * The files of registered functions below the executor's own folder, by digest: whoever has the digest has the bytes. They
 * stay, since they are written once for all runs that need them.
 */
export class FunctionFolders {
  private readonly root: string

  constructor(dir: string) {
    this.root = join(dir, 'functions')
  }

  /** The folder with these files, whose digest it is; written where it is not there yet. Idempotent. */
  async folderOf(digest: string, files: Readonly<Record<string, SkillFile>>): Promise<string> {
    const folder = join(this.root, digest)
    if (await isThere(folder)) return folder
    // Complete under its name, or not there: a folder cut off by a crash is never called from.
    const unfinished = join(this.root, `.${digest}.${randomUUID()}`)
    try {
      const decoded = Object.entries(files).map(([path, file]) => [path, decodeSkillFile(file)] as const)
      await writeFilesBelow(unfinished, decoded)
      await rename(unfinished, folder)
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true })
      if (!(await isThere(folder))) throw error
    }
    return folder
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
