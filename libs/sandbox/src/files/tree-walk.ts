import { closeSync, constants, type Dir, lstatSync, opendirSync, openSync, type Stats } from 'node:fs'

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** `unreadable` and `too-deep` folders are reported, not entered. */
export type TreeEntry =
  | { kind: 'entry'; path: Buffer; stats: Stats }
  | { kind: 'unreadable'; path: Buffer }
  | { kind: 'too-deep'; path: Buffer }

interface Level {
  descriptor: number
  names: Dir
  path: Buffer
}

const SLASH = Buffer.from('/')
const join = (folder: Buffer, name: Buffer): Buffer =>
  folder.length === 0 ? name : Buffer.concat([folder, SLASH, name])

function enter(path: Buffer | string, relative: Buffer): Level {
  const descriptor = openSync(path, FOLDER)
  try {
    // Buffers: names need not be UTF-8. The type of the declaration knows strings only.
    const names = opendirSync(`/proc/self/fd/${descriptor}`, {
      encoding: 'buffer' as BufferEncoding,
      bufferSize: 64,
    })
    return { descriptor, names, path: relative }
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
}

function leave({ names, descriptor }: Level): void {
  names.closeSync()
  closeSync(descriptor)
}

/**
 * Every entry below `root`, parents first, without following any link, also while somebody changes the tree:
 * each folder is opened relative to its open parent. Names are bytes. Synchronous, one entry at a time: the
 * caller decides when to pause. Entries that vanish meanwhile are left out. One descriptor pair per level is
 * open until the generator is finished.
 */
export function* walkTree(root: string, maxDepth: number): Generator<TreeEntry, void, void> {
  const levels: Level[] = [enter(root, Buffer.alloc(0))]
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const next = level.names.readSync()
      if (next === null) {
        leave(levels.pop()!)
        continue
      }
      const name = next.name as unknown as Buffer
      const absolute = Buffer.concat([Buffer.from(`/proc/self/fd/${level.descriptor}/`), name])
      const path = join(level.path, name)
      try {
        const stats = lstatSync(absolute)
        yield { kind: 'entry', path, stats }
        if (!stats.isDirectory()) continue
        if (levels.length >= maxDepth) yield { kind: 'too-deep', path }
        else levels.push(enter(absolute, path))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EACCES' || code === 'EPERM') yield { kind: 'unreadable', path }
        else if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error
      }
    }
  } finally {
    for (const level of levels) leave(level)
  }
}
