import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { skillLimitBytes } from '@guildhall/contracts'
import { leftBehind } from './skills/skill.search.js'
import { bytes } from './terminal/text.js'

const mostFiles = 500

/** A file of a folder that is not handed over, and why. */
export interface LeftOut {
  path: string
  reason: string
}

/** The folder cannot be handed over as it is. */
export class FolderError extends Error {
  override readonly name = 'FolderError'
  constructor(
    /** Kebab-case, for programs. */
    readonly code: 'unreadable' | 'link-leads-out' | 'too-large' | 'no-text',
    message: string,
  ) {
    super(message)
  }
}

export interface FoundFile {
  path: string
  /** Where its bytes are: elsewhere in the folder when it is a link. */
  source: string
  sizeBytes: number
  isExecutable: boolean
}

/**
 * Every file of a folder, whatever its name or its bytes, by name. A link to a file of the same folder is that file. Only
 * what tools leave behind (`.git`, `node_modules`, …) and `.env` are left out.
 * @throws FolderError when something in it cannot be handed over, or all of it cannot, before anything is read
 */
export async function findFiles(folder: string): Promise<{ found: FoundFile[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = []
  const found: FoundFile[] = []
  await gather({ root: await realpath(folder), found, leftOut }, '')
  // A folder may hold more than there is memory.
  const foundBytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  refuseLarge(found, foundBytes)
  return { found, leftOut }
}

interface Gathering {
  root: string
  found: FoundFile[]
  leftOut: LeftOut[]
}

async function gather(into: Gathering, below: string): Promise<void> {
  for (const name of (await readdir(join(into.root, below))).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`
    if (leftBehind.includes(name)) {
      into.leftOut.push({ path, reason: name === '.env' ? 'may hold secrets' : 'no part of it' })
      continue
    }
    const full = join(into.root, path)
    const entry = await lstat(full).catch(() => undefined)
    // A name that is not UTF-8 comes as another name, which no file has.
    if (!entry) throw new FolderError('unreadable', `${path}: gone, or its name is not UTF-8`)
    if (entry.isDirectory()) await gather(into, path)
    else if (entry.isSymbolicLink()) into.found.push(await linked(into.root, path))
    else if (entry.isFile()) into.found.push(foundFile(path, full, entry))
    else throw new FolderError('unreadable', `${path}: neither a file, a folder nor a link`)
    if (into.found.length > mostFiles)
      throw new FolderError('too-large', `it has more than ${mostFiles} files`)
  }
}

async function linked(root: string, path: string): Promise<FoundFile> {
  const source = await realpath(join(root, path)).catch(() => undefined)
  if (source === undefined) throw new FolderError('unreadable', `${path}: a link that leads nowhere`)
  if (!source.startsWith(root + sep))
    throw new FolderError('link-leads-out', `${path}: a link that leads out of the folder`)
  const entry = await lstat(source)
  if (!entry.isFile()) throw new FolderError('unreadable', `${path}: a link to something that is no file`)
  return foundFile(path, source, entry)
}

function foundFile(path: string, source: string, { size, mode }: { size: number; mode: number }): FoundFile {
  return { path, source, sizeBytes: size, isExecutable: (mode & 0o100) !== 0 }
}

/** @throws FolderError naming the largest files */
export function refuseLarge(files: readonly { path: string; sizeBytes: number }[], totalBytes: number): void {
  if (totalBytes <= skillLimitBytes) return
  const largest = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3)
  throw new FolderError(
    'too-large',
    `it takes ${bytes(totalBytes)} and a message holds ${bytes(skillLimitBytes)} of a folder; the largest: ` +
      largest.map(({ path, sizeBytes }) => `${path} (${bytes(sizeBytes)})`).join(', '),
  )
}
