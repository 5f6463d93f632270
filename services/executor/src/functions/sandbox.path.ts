import { posix } from 'node:path'
import { InvalidArgumentsError } from './function.definition.js'

const roots = ['/workspace', '/mnt', '/skills']

/**
 * A path as functions name it, relative to /workspace, as an absolute one. What it leads to is decided inside the
 * sandbox, so links cannot reach further than the call itself could.
 * @throws InvalidArgumentsError outside of /workspace, /mnt and /skills
 */
export function sandboxPath(path: string): string {
  const absolute = posix.resolve('/workspace', path)
  if (path.includes('\0') || !roots.some((root) => absolute === root || absolute.startsWith(`${root}/`))) {
    throw new InvalidArgumentsError(
      `path ${JSON.stringify(path.slice(0, 200))} is outside of /workspace, /mnt and /skills: name one below them`,
    )
  }
  return absolute
}
