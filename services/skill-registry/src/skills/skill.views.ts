import {
  decodeSkillFile,
  type SkillDetails,
  type SkillExported,
  type SkillFile,
  type SkillFileView,
  type SkillSnapshot,
  type SkillVersionView,
  type SkillView,
} from '@guildhall/contracts'
import type { Skill } from './skill.entity.js'
import type { SkillInHistory, SkillWithoutFiles, StandingSkill } from './skill.repository.js'

/** A skill in a list: everything but text and files. */
export function skillView({ skill, standing }: StandingSkill<SkillWithoutFiles>): SkillView {
  return {
    id: skill.id,
    name: skill.name,
    version: skill.version,
    description: skill.description,
    requiredCapabilities: skill.requiredCapabilities,
    tags: skill.tags,
    scripted: isScripted(skill),
    createdAt: skill.createdAt.toISOString(),
    newestVersion: standing.newestVersion,
    ...(standing.pinnedVersion !== null && { pinnedVersion: standing.pinnedVersion }),
    ...(standing.retiredAt !== null && { retiredAt: standing.retiredAt.toISOString() }),
  }
}

/** A skill for whoever looks at it: without the content of its files. */
export function skillDetails(shown: StandingSkill): SkillDetails {
  const { skill } = shown
  return {
    ...skillView(shown),
    promptTemplate: skill.promptTemplate,
    configuration: skill.configuration,
    examples: skill.examples,
    digest: skill.digest,
    ...(skill.license !== null && { license: skill.license }),
    ...(skill.compatibility !== null && { compatibility: skill.compatibility }),
    metadata: skill.metadata,
    ...(skill.restoredFrom !== null && { restoredFrom: skill.restoredFrom }),
    notes: skill.notes,
    files: Object.entries(skill.files).map(([path, file]) => fileView(path, file)),
  }
}

export function skillVersionView(skill: SkillInHistory): SkillVersionView {
  return {
    version: skill.version,
    digest: skill.digest,
    description: skill.description,
    ...(skill.restoredFrom !== null && { restoredFrom: skill.restoredFrom }),
    createdAt: skill.createdAt.toISOString(),
  }
}

/** A skill as it was registered. */
export function skillExport({ skill }: StandingSkill): SkillExported {
  const { name, version, digest, markdown, sidecar, files } = skill
  return { name, version, digest, markdown, ...(sidecar !== null && { sidecar }), files }
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

function fileView(path: string, file: SkillFile): SkillFileView {
  const { bytes, executable, isText } = decodeSkillFile(file)
  return { path, sizeBytes: bytes.length, executable, isText }
}
