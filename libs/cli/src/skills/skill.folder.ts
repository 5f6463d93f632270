import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import {
  encodeSkillFile,
  jsonBytes,
  type SkillFile,
  skillLimitBytes,
  type SkillRegister,
  textOf,
} from '@guildhall/contracts'
import { bytes } from '../terminal/text.js'
import { leftBehind } from './skill.search.js'

const mostFiles = 500

/** A file of a skill's folder that is not handed over, and why. */
export interface LeftOut {
  path: string
  reason: string
}

/** A skill's folder, read and ready to register. */
interface SkillFolder {
  skill: SkillRegister
  leftOut: LeftOut[]
}

/** The folder cannot be handed over as it is. */
export class SkillFolderError extends Error {
  override readonly name = 'SkillFolderError'
  constructor(
    /** Kebab-case, for programs. */
    readonly code: 'unreadable' | 'link-leads-out' | 'too-large' | 'no-text',
    message: string,
  ) {
    super(message)
  }
}

interface FoundFile {
  path: string
  /** Where its bytes are: elsewhere in the folder when it is a link. */
  source: string
  sizeBytes: number
  isExecutable: boolean
}

/**
 * Reads a skill's folder: every file in it, whatever its name or its bytes. A link to a file of the same folder is read as that
 * file. Only what tools leave behind (`.git`, `node_modules`, …) and `.env` are left out.
 * @throws SkillFolderError when something in it cannot be handed over, for an exported folder would lack it
 */
export async function readSkillFolder(folder: string): Promise<SkillFolder> {
  const leftOut: LeftOut[] = []
  const found: FoundFile[] = []
  await gather({ root: await realpath(folder), found, leftOut }, '')
  // Before anything is read: a folder may hold more than there is memory.
  const foundBytes = found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  refuseLarge(found, foundBytes)
  const texts = new Map<string, string>()
  const files: [string, SkillFile][] = []
  for (const { path, source, isExecutable } of found) {
    const content = await readFile(source)
    if (path === 'SKILL.md' || path === 'guildhall.yaml') texts.set(path, requiredText(path, content))
    else files.push([path, encodeSkillFile(content, isExecutable)])
  }
  const markdown = texts.get('SKILL.md')
  if (markdown === undefined) throw new SkillFolderError('unreadable', 'there is no file SKILL.md')
  const sidecar = texts.get('guildhall.yaml')
  const source = {
    markdown,
    ...(sidecar !== undefined && { sidecar }),
    ...(files.length > 0 && { files: Object.fromEntries(files) }),
  }
  const sizes = [...texts, ...files].map(([path, file]) => ({ path, sizeBytes: jsonBytes(file) }))
  refuseLarge(sizes, jsonBytes(source))
  return { skill: { ...source, folder: basename(folder) }, leftOut }
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
      into.leftOut.push({ path, reason: name === '.env' ? 'may hold secrets' : 'no part of a skill' })
      continue
    }
    const full = join(into.root, path)
    const entry = await lstat(full).catch(() => undefined)
    // A name that is not UTF-8 comes as another name, which no file has.
    if (!entry) throw new SkillFolderError('unreadable', `${path}: gone, or its name is not UTF-8`)
    if (entry.isDirectory()) await gather(into, path)
    else if (entry.isSymbolicLink()) into.found.push(await linked(into.root, path))
    else if (entry.isFile()) into.found.push(foundFile(path, full, entry))
    else throw new SkillFolderError('unreadable', `${path}: neither a file, a folder nor a link`)
    if (into.found.length > mostFiles)
      throw new SkillFolderError('too-large', `it has more than ${mostFiles} files`)
  }
}

async function linked(root: string, path: string): Promise<FoundFile> {
  const source = await realpath(join(root, path)).catch(() => undefined)
  if (source === undefined) throw new SkillFolderError('unreadable', `${path}: a link that leads nowhere`)
  if (!source.startsWith(root + sep))
    throw new SkillFolderError('link-leads-out', `${path}: a link that leads out of the skill's folder`)
  const entry = await lstat(source)
  if (!entry.isFile())
    throw new SkillFolderError('unreadable', `${path}: a link to something that is no file`)
  return foundFile(path, source, entry)
}

function foundFile(path: string, source: string, { size, mode }: { size: number; mode: number }): FoundFile {
  return { path, source, sizeBytes: size, isExecutable: (mode & 0o100) !== 0 }
}

function requiredText(path: string, content: Uint8Array): string {
  const text = textOf(content)
  if (text === undefined) throw new SkillFolderError('no-text', `${path} is not UTF-8 text`)
  return text
}

function refuseLarge(files: readonly { path: string; sizeBytes: number }[], totalBytes: number): void {
  if (totalBytes <= skillLimitBytes) return
  const largest = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3)
  throw new SkillFolderError(
    'too-large',
    `it takes ${bytes(totalBytes)} and a message holds ${bytes(skillLimitBytes)} of a skill; the largest: ` +
      largest.map(({ path, sizeBytes }) => `${path} (${bytes(sizeBytes)})`).join(', '),
  )
}
