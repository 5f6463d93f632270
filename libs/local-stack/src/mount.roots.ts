import { realpathSync, statSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'

import { StackError } from './stack.error.js'

/** A folder of this machine that agents may be given, at most with this right. */
export interface MountRoot {
  readonly path: string
  readonly mode: 'ro' | 'rw'
}

/**
 * Reads `dir` or `dir:rw` (`dir:ro`) and resolves it to the real folder.
 *
 * @throws StackError when there is no such folder, or it is or lies in the state directory
 */
export function parseMountRoot(text: string, stateDir: string): MountRoot {
  const [, dir = text, mode = 'ro'] = /^(.*?)(?::(ro|rw))?$/s.exec(text) ?? []
  const path = realFolder(resolve(dir))
  if (path === undefined) {
    throw new StackError(
      'mounts',
      `"${dir}" is not a folder of this machine.`,
      'Name one that exists: dir, or dir:rw.',
    )
  }
  const inside = relative(realFolder(stateDir) ?? stateDir, path)
  if (inside === '' || !(inside === '..' || inside.startsWith(`..${sep}`))) {
    throw new StackError(
      'mounts',
      `"${dir}" holds Guildhall's own data and secrets; agents never get it.`,
      'Name another folder.',
    )
  }
  return { path, mode: mode === 'rw' ? 'rw' : 'ro' }
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return statSync(real).isDirectory() ? real : undefined
  } catch {
    return undefined
  }
}
