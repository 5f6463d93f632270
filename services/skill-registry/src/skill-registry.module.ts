import { Module } from '@nestjs/common'
import { AgentKeeping } from './agents/agent-keeping.entity.js'
import { AgentKeepingController } from './agents/agent-keeping.controller.js'
import { AgentController } from './agents/agent.controller.js'
import { Agent } from './agents/agent.entity.js'
import { AgentExpiry } from './agents/agent.expiry.js'
import { AgentRepository } from './agents/agent.repository.js'
import { AgentVersionController } from './agents/agent-version.controller.js'
import { AgentVersion } from './agents/agent-version.entity.js'
import { CatalogReader } from './matching/catalog.reader.js'
import { ChoiceController } from './matching/choice.controller.js'
import { LearntExample } from './matching/learnt-example.entity.js'
import { LearntExamples } from './matching/learnt.examples.js'
import { MatchController } from './matching/match.controller.js'
import { MatchDecision } from './matching/match-decision.entity.js'
import { MatcherCache } from './matching/matcher.cache.js'
import { HiringController } from './proposals/hiring.controller.js'
import { ProposalDesk } from './proposals/proposal.desk.js'
import { Proposal } from './proposals/proposal.entity.js'
import { RegistryUpkeep } from './proposals/registry.upkeep.js'
import { SkillDrafting } from './proposals/skill.drafting.js'
import { readSkillRegistryConfig, SkillRegistryConfig } from './skill-registry.config.js'
import { SkillRegistry } from './skill.registry.js'
import { SkillController } from './skills/skill.controller.js'
import { SkillVersionController } from './skills/skill-version.controller.js'
import { Skill } from './skills/skill.entity.js'
import { SkillStanding } from './skills/skill-standing.entity.js'
import { SkillRepository } from './skills/skill.repository.js'

/** The service's tables. */
export const entities = [
  Skill,
  SkillStanding,
  Agent,
  AgentVersion,
  AgentKeeping,
  Proposal,
  MatchDecision,
  LearntExample,
]

@Module({
  controllers: [
    SkillController,
    SkillVersionController,
    AgentController,
    AgentVersionController,
    AgentKeepingController,
    MatchController,
    ChoiceController,
    HiringController,
  ],
  providers: [
    { provide: SkillRegistryConfig, useFactory: () => readSkillRegistryConfig() },
    SkillRepository,
    AgentRepository,
    AgentExpiry,
    LearntExamples,
    CatalogReader,
    MatcherCache,
    SkillRegistry,
    SkillDrafting,
    ProposalDesk,
    RegistryUpkeep,
  ],
})
export class SkillRegistryModule {}
