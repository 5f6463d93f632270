import { Inject, Injectable } from '@nestjs/common'
import { INDEXED_BODY_CHARACTERS } from '@guildhall/matching'
import { AgentRepository } from '../agents/agent.repository.js'
import { agentRef } from '../agents/agent.views.js'
import { readRevision } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRepository, type SkillWithoutFiles } from '../skills/skill.repository.js'
import { isScripted } from '../skills/skill.views.js'
import type { Catalog, CatalogSkill } from './catalog.js'
import { LearntExamples } from './learnt.examples.js'

/** A catalog with what tells whether a skill in it is still the same. */
export interface ReadCatalog extends Catalog {
  learntStates: ReadonlyMap<string, string>
}

/** Reads what a tenant has to choose from; of skills only what changed since it was read last. */
@Injectable()
export class CatalogReader {
  constructor(
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(LearntExamples) private readonly learnt: LearntExamples,
  ) {}

  revision(scope: RegistryScope): Promise<number> {
    return readRevision(scope)
  }

  async read(scope: RegistryScope, before?: ReadCatalog): Promise<ReadCatalog> {
    // Before the rows: a change in between leaves an old number with newer rows, and the next task reads again.
    const revision = await readRevision(scope)
    const known = new Map(before?.skills.map((skill) => [skill.id, skill]))
    const shown = await this.skills.shownIds(scope)
    const unread = shown.filter(({ id }) => !known.has(id)).map(({ id }) => id)
    const read = new Map((await this.skills.withoutFiles(scope, unread)).map((skill) => [skill.id, skill]))

    const learntStates = await this.learnt.states(scope)
    const newlyLearnt = [...learntStates]
      .filter(([name, state]) => before?.learntStates.get(name) !== state)
      .map(([name]) => name)
    const learnt = await this.learnt.of(scope, newlyLearnt)
    const knownByName = new Map(before?.skills.map((skill) => [skill.name, skill]))

    const skills = shown.flatMap(({ id, name }) => {
      const fresh = read.get(id)
      const skill = fresh ? catalogSkill(fresh) : known.get(id)
      if (!skill) return []
      const examples =
        learnt.get(name) ?? (learntStates.has(name) ? knownByName.get(name)?.learnt : undefined)
      return [{ ...skill, learnt: examples ?? [] }]
    })
    const agents = await this.agents.list(scope, { states: ['active'], permanentOnly: true })
    return {
      revision,
      skills,
      agents: agents.map((current) => ({ ref: agentRef(current), config: current.version.config })),
      learntStates,
    }
  }
}

function catalogSkill(skill: SkillWithoutFiles): CatalogSkill {
  return {
    id: skill.id,
    name: skill.name,
    description: skill.description,
    requiredCapabilities: skill.requiredCapabilities,
    scripted: isScripted(skill),
    tags: skill.tags,
    examples: skill.examples,
    learnt: [],
    body: skill.promptTemplate.slice(0, INDEXED_BODY_CHARACTERS),
  }
}
