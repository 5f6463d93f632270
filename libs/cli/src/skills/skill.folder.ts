import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { encodeSkillFile, jsonBytes, type SkillFile, type SkillRegister, textOf } from '@guildhall/contracts'
import { findFiles, FolderError, type LeftOut, refuseLarge } from '../folder.files.js'

/** A skill's folder, read and ready to register. */
interface SkillFolder {
  skill: SkillRegister
  leftOut: LeftOut[]
}

/**
 * Reads a skill's folder, as `findFiles` finds it.
 * @throws FolderError when something in it cannot be handed over, for an exported folder would lack it
 */
export async function readSkillFolder(folder: string): Promise<SkillFolder> {
  const { found, leftOut } = await findFiles(folder)
  const texts = new Map<string, string>()
  const files: [string, SkillFile][] = []
  for (const { path, source, isExecutable } of found) {
    const content = await readFile(source)
    if (path === 'SKILL.md' || path === 'guildhall.yaml') texts.set(path, requiredText(path, content))
    else files.push([path, encodeSkillFile(content, isExecutable)])
  }
  const markdown = texts.get('SKILL.md')
  if (markdown === undefined) throw new FolderError('unreadable', 'there is no file SKILL.md')
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

function requiredText(path: string, content: Uint8Array): string {
  const text = textOf(content)
  if (text === undefined) throw new FolderError('no-text', `${path} is not UTF-8 text`)
  return text
}
