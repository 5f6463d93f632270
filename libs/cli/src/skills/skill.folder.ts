import { lstat, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { hardLimitBytes, messageOf, SkillRegister } from '@guildhall/contracts'
import { UsageError } from '../exit.codes.js'
import { bytes } from '../terminal/text.js'
import { textOf } from './skill.text.js'

/** A file of a skill's folder that is not handed over, and why. */
export interface LeftOut {
  path: string
  reason: string
}

/** A skill's folder, read and ready to register. */
interface SkillFolder {
  /** Base name of the folder. */
  name: string
  skill: SkillRegister
  leftOut: LeftOut[]
}

/** Subfolders whose text files belong to a skill. */
const carried = ['scripts', 'references']

/**
 * The skill folders that a path names: itself when it holds SKILL.md, else each folder in it that does, by name.
 * @throws UsageError when there is none
 */
export async function findSkillFolders(path: string): Promise<string[]> {
  const folder = resolve(path)
  if (await isFile(join(folder, 'SKILL.md'))) return [folder]
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw new UsageError(`"${path}" is no folder.`)
  })
  const inner = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
  const found: string[] = []
  for (const candidate of inner.sort()) if (await isFile(join(candidate, 'SKILL.md'))) found.push(candidate)
  if (found.length === 0) throw new UsageError(`Neither "${path}" nor a folder in it holds a SKILL.md.`)
  return found
}

/**
 * Reads SKILL.md, guildhall.yaml and the text files below scripts/ and references/.
 * @throws UsageError when the two are no text, or all together is too large for a message
 */
export async function readSkillFolder(folder: string): Promise<SkillFolder> {
  const name = basename(folder)
  const markdown = await requiredText(folder, 'SKILL.md')
  const sidecar = (await isFile(join(folder, 'guildhall.yaml')))
    ? await requiredText(folder, 'guildhall.yaml')
    : undefined
  const files: Record<string, string> = {}
  const leftOut: LeftOut[] = []
  for (const path of carried) await gather(folder, path, files, leftOut)
  const hasFiles = Object.keys(files).length > 0
  const skill: SkillRegister = {
    markdown,
    ...(sidecar !== undefined && { sidecar }),
    ...(hasFiles && { files }),
  }
  const sizeBytes = Buffer.byteLength(JSON.stringify(skill))
  const { maxBytes } = messageOf(SkillRegister)
  if (sizeBytes > maxBytes)
    throw new UsageError(
      `${name}: its files take ${bytes(sizeBytes)} in a message, more than ${bytes(maxBytes)}.`,
    )
  return { name, skill, leftOut }
}

async function gather(
  folder: string,
  path: string,
  files: Record<string, string>,
  leftOut: LeftOut[],
): Promise<void> {
  const full = join(folder, path)
  const found = await lstat(full).catch(() => undefined)
  if (!found) return
  // A link may lead out of the skill's folder.
  if (found.isSymbolicLink()) leftOut.push({ path, reason: 'a symbolic link' })
  else if (found.isDirectory())
    for (const entry of (await readdir(full)).sort()) await gather(folder, `${path}/${entry}`, files, leftOut)
  else if (!found.isFile()) leftOut.push({ path, reason: 'no regular file' })
  else if (found.size > hardLimitBytes)
    leftOut.push({ path, reason: `too large (${bytes(found.size)}, limit ${bytes(hardLimitBytes)})` })
  else {
    const text = textOf(await readFile(full))
    if (text === undefined) leftOut.push({ path, reason: 'not UTF-8 text' })
    else files[path] = text
  }
}

async function requiredText(folder: string, name: string): Promise<string> {
  const text = textOf(await readFile(join(folder, name)))
  if (text === undefined) throw new UsageError(`${join(folder, name)} is not UTF-8 text.`)
  return text
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() ?? false
}
