import { Module } from '@nestjs/common'
import { AgentKeeping } from './agents/agent-keeping.entity.js'
import { AgentKeepingController } from './agents/agent-keeping.controller.js'
import { AgentController } from './agents/agent.controller.js'
import { Agent } from './agents/agent.entity.js'
import { AgentExpiry } from './agents/agent.expiry.js'
import { AgentRepository } from './agents/agent.repository.js'
import { AgentVersionController } from './agents/agent-version.controller.js'
import { AgentVersion } from './agents/agent-version.entity.js'
import { HiringController } from './agents/hiring.controller.js'
import { Proposal } from './agents/proposal.entity.js'
import { MatchController } from './matching/match.controller.js'
import { MatchDecision } from './matching/match-decision.entity.js'
import { MatcherCache } from './matching/matcher.cache.js'
import { readSkillRegistryConfig, SkillRegistryConfig } from './skill-registry.config.js'
import { SkillRegistry } from './skill.registry.js'
import { SkillController } from './skills/skill.controller.js'
import { SkillVersionController } from './skills/skill-version.controller.js'
import { Skill } from './skills/skill.entity.js'
import { SkillStanding } from './skills/skill-standing.entity.js'
import { SkillRepository } from './skills/skill.repository.js'

/** The service's tables. */
export const entities = [Skill, SkillStanding, Agent, AgentVersion, AgentKeeping, Proposal, MatchDecision]

@Module({
  controllers: [
    SkillController,
    SkillVersionController,
    AgentController,
    AgentVersionController,
    AgentKeepingController,
    MatchController,
    HiringController,
  ],
  providers: [
    { provide: SkillRegistryConfig, useFactory: () => readSkillRegistryConfig() },
    SkillRepository,
    AgentRepository,
    AgentExpiry,
    MatcherCache,
    SkillRegistry,
  ],
})
export class SkillRegistryModule {}
