import { posix } from 'node:path'
import type { SandboxMount } from './sandbox.js'
import { InvalidMountError } from './sandbox.errors.js'

const ROOTS = ['/mnt', '/skills']

/** Whether `path` is `ancestor` or lies below it. Both absolute and normalised. */
export const isWithin = (path: string, ancestor: string): boolean =>
  path === ancestor || path.startsWith(ancestor === '/' ? '/' : `${ancestor}/`)

export function assertPlainPath(path: string): void {
  if (path.includes('\0')) throw new InvalidMountError(path, 'it contains NUL')
  if (!posix.isAbsolute(path)) throw new InvalidMountError(path, 'it must be absolute')
  if (posix.normalize(path) !== path || (path.length > 1 && path.endsWith('/')))
    throw new InvalidMountError(path, 'it must be normalised: no "..", ".", "//" or trailing "/"')
}

/**
 * Targets below another mount are refused because bubblewrap before 0.12 creates mount points through links
 * planted in a writable mount, on the host (CVE-2026-87766). The order of mounts therefore has no meaning.
 *
 * @throws InvalidMountError
 */
export function assertMounts(mounts: readonly SandboxMount[]): void {
  const taken: string[] = []
  for (const { source, target, mode } of mounts) {
    assertPlainPath(source)
    assertPlainPath(target)
    if (mode !== 'ro' && mode !== 'rw') throw new InvalidMountError(target, 'its mode must be "ro" or "rw"')
    if (!ROOTS.some((root) => target !== root && isWithin(target, root)))
      throw new InvalidMountError(target, `a target must lie below ${ROOTS.join(' or ')}`)
    const other = taken.find((earlier) => isWithin(target, earlier) || isWithin(earlier, target))
    if (other !== undefined)
      throw new InvalidMountError(
        target,
        other === target ? 'it is mounted twice' : `it overlaps the mount at ${other}`,
      )
    taken.push(target)
  }
}

/** Where a folder of the host is shown unless somebody says otherwise: `/mnt/<its name>`, numbered when that is taken. */
export function mountTarget(source: string, taken: ReadonlySet<string>): string {
  const first = `/mnt/${posix.basename(source) || 'root'}`
  let target = first
  for (let number = 2; taken.has(target); number++) target = `${first}-${number}`
  return target
}
