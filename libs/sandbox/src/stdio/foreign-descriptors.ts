import { readdirSync, readFileSync } from 'node:fs'

const CLOSE_ON_EXEC = 0o2000000

/**
 * Descriptors above 2 that this process inherited and that its children would inherit too: Node marks only
 * about the first 16 close-on-exec at start, and everything it opens itself.
 */
export function inheritableDescriptors(): number[] {
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((descriptor) => {
      if (descriptor <= 2) return false
      try {
        const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1]
        return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
      } catch {
        // It was the listing's own descriptor.
        return false
      }
    })
}

/**
 * The child's stdio with `cover` in each foreign position that is not in use. A gap means "left as it is",
 * which would hand the foreign descriptor on; closing it here instead would take it from whoever gave it to
 * this process.
 */
export function coverForeign<T>(stdio: readonly T[], foreign: readonly number[], cover: T): (T | 'ignore')[] {
  const length = Math.max(stdio.length, ...foreign.map((descriptor) => descriptor + 1))
  const covered = new Set(foreign)
  return Array.from({ length }, (_, position) => {
    if (position < stdio.length) return stdio[position]!
    return covered.has(position) ? cover : 'ignore'
  })
}
