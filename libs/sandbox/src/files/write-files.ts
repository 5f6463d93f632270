import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { InvalidRequestError } from '../sandbox.errors.js'

/**
 * Writes files below a folder that nobody else writes to, by relative path; makes the folders. Readable for all, as what
 * is mounted read-only has to be.
 *
 * @throws InvalidRequestError for a path that leads elsewhere, before it is written
 */
export async function writeFilesBelow(
  root: string,
  files: Iterable<readonly [path: string, file: { bytes: Uint8Array; executable: boolean }]>,
): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o755 })
  for (const [path, { bytes, executable }] of files) {
    const isBelow =
      !posix.isAbsolute(path) && path.split('/').every((part) => !['', '.', '..'].includes(part))
    if (!isBelow || path.includes('\0'))
      throw new InvalidRequestError(`${JSON.stringify(path)} is not a path below its folder`)
    await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o755 })
    await writeFile(join(root, path), bytes, { mode: executable ? 0o755 : 0o644 })
  }
}
