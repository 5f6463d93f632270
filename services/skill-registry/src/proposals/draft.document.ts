import type { SkillDraft, SkillRegister } from '@guildhall/contracts'
import { stringify } from 'yaml'
import { readSkillDocument, type SkillDocument } from '../skills/skill.document.js'

/** A draft as the folder of a skill, as a person would have written it. The same draft gives the same bytes. */
export function draftFolder(draft: SkillDraft): Pick<SkillRegister, 'markdown' | 'sidecar'> {
  const { name, description, promptTemplate, examples, requiredCapabilities } = draft
  const front = stringify({ name, description }, { lineWidth: 0 })
  return {
    markdown: `---\n${front}---\n\n${promptTemplate.trim()}\n`,
    sidecar: stringify({ examples, required_capabilities: requiredCapabilities }, { lineWidth: 0 }),
  }
}

/** @throws RequestError `invalid-skill` for a draft that no folder of a skill may say. */
export function readDraft(draft: SkillDraft): SkillDocument {
  return readSkillDocument(draftFolder(draft))
}
