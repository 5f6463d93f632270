import { Inject, Injectable } from '@nestjs/common'
import type { FunctionName } from '@guildhall/contracts'
import { createMatcher, INDEXED_BODY_CHARACTERS, type Matcher } from '@guildhall/matching'
import { AgentRepository } from '../agents/agent.repository.js'
import { agentRef } from '../agents/agent.views.js'
import { readRevision } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRegistryConfig } from '../skill-registry.config.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { isScripted } from '../skills/skill.views.js'
import { agentProfiles, type Catalog, skillProfiles } from './catalog.js'

const tenantsKept = 50

interface Entry {
  catalog: Catalog
  /** By the functions of the requester. */
  matchers: Map<string, Matcher>
}

/** Builds a tenant's matcher and keeps it until the tenant's registry changes, in whichever process. */
@Injectable()
export class MatcherCache {
  private readonly entries = new Map<string, Entry>()

  constructor(
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(SkillRegistryConfig) private readonly config: SkillRegistryConfig,
  ) {}

  async matcherFor(
    scope: RegistryScope,
    functions: readonly FunctionName[],
  ): Promise<{ catalog: Catalog; matcher: Matcher }> {
    const { catalog, matchers } = await this.entryFor(scope)
    const key = functions.toSorted().join(' ')
    let matcher = matchers.get(key)
    if (!matcher) {
      matcher = createMatcher({
        skills: skillProfiles(catalog),
        agents: agentProfiles(catalog, functions),
        threshold: this.config.matchThreshold,
      })
      matchers.set(key, matcher)
    }
    return { catalog, matcher }
  }

  private async entryFor(scope: RegistryScope): Promise<Entry> {
    // Read before the rows: a change in between leaves an old number with newer rows, and the next task reads again.
    const revision = await readRevision(scope)
    const known = this.entries.get(scope.tenant)
    if (known?.catalog.revision === revision) return this.keep(scope.tenant, known)
    const catalog = await this.load(scope, revision)
    const meanwhile = this.entries.get(scope.tenant)
    if (meanwhile && meanwhile.catalog.revision >= revision) return this.keep(scope.tenant, meanwhile)
    return this.keep(scope.tenant, { catalog, matchers: new Map() })
  }

  private async load(scope: RegistryScope, revision: number): Promise<Catalog> {
    const skills = await this.skills.allLatest(scope)
    const agents = await this.agents.list(scope, { states: ['active'], permanentOnly: true })
    return {
      revision,
      skills: skills.map((skill) => ({
        id: skill.id,
        name: skill.name,
        description: skill.description,
        requiredCapabilities: skill.requiredCapabilities,
        scripted: isScripted(skill),
        tags: skill.tags,
        examples: skill.examples,
        body: skill.promptTemplate.slice(0, INDEXED_BODY_CHARACTERS),
      })),
      agents: agents.map((current) => ({ ref: agentRef(current), config: current.version.config })),
    }
  }

  /** Puts the entry last in line and lets go of the one that was used longest ago. */
  private keep(tenant: string, entry: Entry): Entry {
    this.entries.delete(tenant)
    this.entries.set(tenant, entry)
    const [oldest] = this.entries.keys()
    if (this.entries.size > tenantsKept && oldest !== undefined) this.entries.delete(oldest)
    return entry
  }
}
