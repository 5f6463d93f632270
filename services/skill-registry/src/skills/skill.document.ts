import { canonicalDigest, jsonBytes, type SkillRegister } from '@guildhall/contracts'
import { readSkillText, type SkillText } from './front-matter.js'
import { invalidSkill } from './skill.errors.js'
import { readSidecar, type Sidecar } from './sidecar.js'
import { readFiles } from './skill.files.js'

/** What one skill may have as a message: an agent and a task travel beside it. */
const skillLimitBytes = 170 * 1024

/** Everything that one version of a skill says. */
export interface SkillContent extends SkillText, Sidecar {
  files: Record<string, string>
}

export interface SkillDocument {
  content: SkillContent
  /** SHA-256 of the canonical JSON of the content: equal content is the same version. */
  digest: string
}

/**
 * Reads a skill's folder: SKILL.md, guildhall.yaml and further files.
 * @throws RequestError `invalid-skill` with a sentence that names file and field
 */
export function readSkillDocument({ markdown, sidecar = '', files = {} }: SkillRegister): SkillDocument {
  const text = readSkillText(markdown)
  const content = {
    ...text,
    ...readSidecar(sidecar, text.requiredCapabilities),
    files: readFiles(files),
  }
  const bytes = jsonBytes(content)
  if (bytes > skillLimitBytes) {
    throw invalidSkill(
      'files',
      `the whole skill has ${bytes} bytes as a message, ${skillLimitBytes} are allowed`,
    )
  }
  return { content, digest: canonicalDigest(content) }
}
