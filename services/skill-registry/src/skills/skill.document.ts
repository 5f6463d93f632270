import {
  canonicalDigest,
  jsonBytes,
  skillLimitBytes,
  type SkillFile,
  type SkillNote,
  type SkillRegister,
} from '@guildhall/contracts'
import { readSkillText, type SkillText } from './front-matter.js'
import { readSidecar, type Sidecar } from './sidecar.js'
import { invalidSkill } from './skill.errors.js'
import { readFiles } from './skill.files.js'

/** Everything that one version of a skill says, and the bytes that say it. */
export interface SkillContent extends Omit<SkillText & Sidecar, 'notes'> {
  markdown: string
  sidecar: string | null
  files: Record<string, SkillFile>
  notes: SkillNote[]
}

export interface SkillDocument {
  content: SkillContent
  /** SHA-256 of the canonical JSON of SKILL.md, guildhall.yaml and the files: equal folders are the same version. */
  digest: string
}

/**
 * Reads a skill's folder: SKILL.md, guildhall.yaml and further files.
 * @throws RequestError `invalid-skill` with a sentence that names file and field
 */
export function readSkillDocument(request: SkillRegister): SkillDocument {
  const { markdown, folder } = request
  if (!markdown.isWellFormed() || markdown.includes('\0')) throw invalidSkill('SKILL.md', 'must be text')
  const text = readSkillText(markdown)
  if (folder !== undefined && folder !== text.name) {
    throw invalidSkill('SKILL.md', `name is ${text.name}, and the folder ${folder}: they must be the same`)
  }
  const declared = readSidecar(request.sidecar ?? '', text)
  const source = { markdown, sidecar: request.sidecar ?? null, files: readFiles(request.files ?? {}) }
  const bytes = jsonBytes(source)
  if (bytes > skillLimitBytes) {
    throw invalidSkill(
      'files',
      `the whole skill has ${bytes} bytes as a message, ${skillLimitBytes} are allowed`,
    )
  }
  return { content: { ...text, ...declared, ...source }, digest: canonicalDigest(source) }
}
