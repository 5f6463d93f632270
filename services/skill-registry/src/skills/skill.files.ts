import { InvalidFolderError, readFolderFiles, type SkillFile } from '@guildhall/contracts'
import { invalidSkill } from './skill.errors.js'
import { quoted } from './yaml.mapping.js'

/** Files that a message has fields of its own for. */
const reserved = ['SKILL.md', 'guildhall.yaml']

/**
 * The files of a skill's folder, as they may be laid out below any folder: relative, no way out.
 * @throws RequestError `invalid-skill` naming the file
 */
export function readFiles(files: Readonly<Record<string, unknown>>): Record<string, SkillFile> {
  const taken = reserved.find((path) => Object.hasOwn(files, path))
  if (taken !== undefined) throw invalidSkill(quoted(taken), 'cannot be one of the files')
  try {
    return readFolderFiles(files)
  } catch (error) {
    if (!(error instanceof InvalidFolderError)) throw error
    throw invalidSkill(error.path === 'files' ? error.path : quoted(error.path), error.message)
  }
}
