import type { SkillSnapshot, SkillView } from '@guildhall/contracts'
import type { Skill } from './skill.entity.js'
import type { SkillWithoutFiles } from './skill.repository.js'

/** A skill in a list: everything but text and files. */
export function skillView(skill: SkillWithoutFiles): SkillView {
  return {
    id: skill.id,
    name: skill.name,
    version: skill.version,
    description: skill.description,
    requiredCapabilities: skill.requiredCapabilities,
    tags: skill.tags,
    scripted: isScripted(skill),
    createdAt: skill.createdAt.toISOString(),
  }
}

/** A skill as an executor needs it. */
export function skillSnapshot(skill: Skill): SkillSnapshot {
  return {
    id: skill.id,
    name: skill.name,
    version: skill.version,
    description: skill.description,
    requiredCapabilities: skill.requiredCapabilities,
    promptTemplate: skill.promptTemplate,
    configuration: skill.configuration,
    tags: skill.tags,
    examples: skill.examples,
    files: skill.files,
  }
}

/** Whether the script runtime can carry it out without a model. */
export function isScripted(skill: Pick<Skill, 'configuration'>): boolean {
  return skill.configuration.steps !== undefined
}
