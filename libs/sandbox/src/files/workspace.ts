import { constants } from 'node:fs'
import { lstat, mkdir, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { InvalidMountError } from '../sandbox.errors.js'
import { runHostProgram } from '../host-program.js'
import { assertPlainPath } from '../mounts.policy.js'
import { defaultUnprivilegedUid } from '../bubblewrap/unprivileged-user.js'

function assertWorkspacePath(path: string): void {
  assertPlainPath(path)
  if (path === '/') throw new InvalidMountError(path, 'the root folder is no workspace')
}

/**
 * Creates the folder (and its parents) with mode 0700 and, when this process is root, gives it to the uid
 * under which calls run. Idempotent; content is left as it is. Pass the `unprivilegedUid` of the sandbox when
 * it is not the default.
 *
 * @throws InvalidMountError when the path is not absolute and normalised, or is a link
 */
export async function prepareWorkspace(
  path: string,
  unprivilegedUid = defaultUnprivilegedUid,
): Promise<void> {
  assertWorkspacePath(path)
  await mkdir(path, { recursive: true, mode: 0o700 })
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    () => {
      throw new InvalidMountError(path, 'the workspace must be a folder, not a link')
    },
  )
  try {
    await folder.chmod(0o700)
    if (process.getuid?.() === 0) await folder.chown(unprivilegedUid, unprivilegedUid)
  } finally {
    await folder.close()
  }
}

/**
 * Removes the folder with everything in it, also trees deeper than a path can be long and folders without
 * permissions. Links are removed, never followed. Idempotent: a missing folder is fine. No call may be
 * running in it.
 */
export async function removeWorkspace(path: string): Promise<void> {
  assertWorkspacePath(path)
  // rm and chmod walk relative to open folders; Node's own rm fails on paths beyond PATH_MAX.
  const run = (command: string, ...options: string[]) =>
    runHostProgram(command, [...options, '--', `./${basename(path)}`], dirname(path))
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (found === undefined) return
  if ((await run('rm', '-rf')) === undefined) return
  // chmod would follow a link named on its command line.
  if (found.isDirectory()) await run('chmod', '-R', 'u+rwx')
  const failure = await run('rm', '-rf')
  if (failure !== undefined) throw new Error(`Cannot remove the workspace ${path}: ${failure.slice(0, 300)}`)
}
