import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { ArtifactRefusedError } from '../sandbox.errors.js'

/** Linux only; Node does not name it. Opens the name itself, without side effects on what it names. */
export const O_PATH = 0o10000000
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

function components(relativePath: string): string[] {
  if (relativePath.includes('\0')) throw new ArtifactRefusedError(relativePath, 'the path contains NUL')
  if (relativePath.startsWith('/')) throw new ArtifactRefusedError(relativePath, 'the path must be relative')
  const names = relativePath.split('/').filter((name) => name !== '' && name !== '.')
  if (names.length === 0) throw new ArtifactRefusedError(relativePath, 'the path names no file')
  if (names.includes('..')) throw new ArtifactRefusedError(relativePath, 'the path contains ".."')
  return names
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a component is a link or not a folder',
  ELOOP: 'a component is a link',
  EACCES: 'permission is denied',
  ENAMETOOLONG: 'a component is too long',
}

async function step(path: string, flags: number, shown: string): Promise<FileHandle> {
  try {
    return await open(path, flags)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new ArtifactRefusedError(shown, REASONS[code] ?? code)
  }
}

/**
 * Opens a regular file below `root` for reading, one component at a time relative to the open parent: no link
 * is followed, not even one swapped in meanwhile, and a FIFO or device is looked at but never opened. The
 * caller closes the handle.
 *
 * @throws ArtifactRefusedError
 */
export async function openBeneath(root: string, relativePath: string): Promise<FileHandle> {
  const names = components(relativePath)
  const last = names.pop()!
  let folder = await step(root, FOLDER, root)
  try {
    for (const name of names) {
      const next = await step(`/proc/self/fd/${folder.fd}/${name}`, FOLDER, relativePath)
      await folder.close()
      folder = next
    }
    const pinned = await step(
      `/proc/self/fd/${folder.fd}/${last}`,
      O_PATH | constants.O_NOFOLLOW,
      relativePath,
    )
    try {
      const found = await pinned.stat()
      if (found.isSymbolicLink()) throw new ArtifactRefusedError(relativePath, 'it is a link')
      if (!found.isFile()) throw new ArtifactRefusedError(relativePath, 'it is not a regular file')
      return await step(`/proc/self/fd/${pinned.fd}`, constants.O_RDONLY, relativePath)
    } finally {
      await pinned.close()
    }
  } finally {
    await folder.close()
  }
}
