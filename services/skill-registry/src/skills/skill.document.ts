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
  const content = { ...text, ...declared, ...source }
  const bytes = Math.max(jsonBytes(source), bytesShown(content))
  if (bytes > skillLimitBytes) {
    throw invalidSkill(
      'files',
      `the whole skill has ${bytes} bytes as a message, ${skillLimitBytes} are allowed`,
    )
  }
  return { content, digest: canonicalDigest(source) }
}

/** What an answer takes that shows the skill with the names of its files: YAML may be half as long as its JSON. */
function bytesShown({ files, ...said }: Omit<SkillContent, 'markdown' | 'sidecar'>): number {
  const { promptTemplate, configuration, metadata, description, tags, examples, notes } = said
  const listed = Object.keys(files).map((path) => ({
    path,
    sizeBytes: skillLimitBytes,
    executable: false,
    isText: true,
  }))
  return jsonBytes([promptTemplate, configuration, metadata, description, tags, examples, notes, listed])
}
