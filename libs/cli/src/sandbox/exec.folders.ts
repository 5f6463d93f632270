import { constants, realpathSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { defaultUnprivilegedUid, mountTarget, type SandboxMount } from '@guildhall/sandbox'
import { FailedError } from '../exit.codes.js'
import { splitMount } from '../option.parsing.js'

function isWithin(path: string, ancestor: string): boolean {
  const steps = relative(ancestor, path)
  return steps !== '..' && !steps.startsWith(`..${sep}`)
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return statSync(real).isDirectory() ? real : undefined
  } catch {
    return undefined
  }
}

/** @throws FailedError for a folder that is, holds or lies in Guildhall's own */
export function assertNotPrivate(path: string, stateDir: string): void {
  const own = realFolder(stateDir) ?? stateDir
  if (isWithin(path, own) || isWithin(own, path))
    throw new FailedError(
      'private-folder',
      `${path} is, holds or lies in ${own}, which has Guildhall's own data and secrets; no agent sees it. Use another folder.`,
    )
}

/**
 * `DIR`, `DIR:ro` or `DIR:rw`, shown below /mnt by their names as an agent's are.
 * @throws FailedError
 */
export function execMounts(texts: readonly string[], stateDir: string): SandboxMount[] {
  const taken = new Set<string>()
  return texts.map((text) => {
    const { dir, mode } = splitMount(text)
    const source = realFolder(resolve(dir))
    if (source === undefined) throw new FailedError('no-folder', `${dir} is not a folder of this machine.`)
    assertNotPrivate(source, stateDir)
    const target = mountTarget(source, taken)
    taken.add(target)
    return { source, target, mode }
  })
}

/** For whom the command runs, and how the folder is given back. */
interface LentFolder {
  /** Uid on the host; of no effect unless this process is root. */
  uid: number
  /** Whether the command may write in the folder itself. */
  isWritable: boolean
  giveBack: () => Promise<void>
}

/**
 * Lets the command write in the current folder although nothing runs as root: as root, it runs as the folder's owner; a
 * folder of root itself belongs to the sandbox's user as long as the command runs. Folders right below / are not lent.
 */
export async function lendFolder(path: string): Promise<LentFolder> {
  const lent = { uid: defaultUnprivilegedUid, isWritable: true, giveBack: () => Promise.resolve() }
  if (process.getuid?.() !== 0) return lent
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const { uid, gid, mode } = await folder.stat()
  const isTopLevel = path.split('/').filter(Boolean).length < 2
  if (uid !== 0 || (mode & 0o007) === 0o007 || isTopLevel) {
    await folder.close()
    return { ...lent, uid: uid || lent.uid, isWritable: uid !== 0 || !isTopLevel || (mode & 0o002) !== 0 }
  }
  await folder.chown(lent.uid, gid)
  const giveBack = async () => {
    const now = await folder.stat()
    if (now.uid === lent.uid) await folder.chown(uid, gid)
    await folder.close()
  }
  return { ...lent, giveBack }
}
