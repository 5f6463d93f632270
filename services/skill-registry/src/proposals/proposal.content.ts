import { createHash } from 'node:crypto'
import {
  type AgentConfig,
  decodeSkillFile,
  type FileDigest,
  type ProposalContent,
  type SkillDraft,
} from '@guildhall/contracts'
import type { Skill } from '../skills/skill.entity.js'

/** What a person is asked to approve: the agent, the versions it would hold with their files, the skills to be made. */
export function proposalContent(
  config: AgentConfig,
  skills: readonly Pick<Skill, 'id' | 'name' | 'version' | 'digest' | 'files'>[],
  drafts: readonly SkillDraft[],
): ProposalContent {
  return {
    kind: 'new-agent',
    subject: {
      config,
      skills: skills.map(({ id, name, version, digest }) => ({ id, name, version, digest })),
      drafts: [...drafts],
    },
    files: skills.flatMap(digestsOf).sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

function digestsOf({ name, files }: Pick<Skill, 'name' | 'files'>): FileDigest[] {
  return Object.entries(files).map(([path, file]) => ({
    path: `${name}/${path}`,
    sha256: createHash('sha256').update(decodeSkillFile(file).bytes).digest('hex'),
  }))
}
