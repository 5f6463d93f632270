import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  type AgentConfig,
  AgentCreate,
  AgentCreated,
  AgentFound,
  AgentGet,
  AgentList,
  AgentListed,
  AgentRetire,
  AgentRetired,
  fittingList,
  noRights,
  orderedFunctions,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { lockRegistry, markChanged } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { skillsNotFound } from '../skills/skill.errors.js'
import { SkillRepository } from '../skills/skill.repository.js'
import { isScripted } from '../skills/skill.views.js'
import { problemOfConfiguration, writtenConfiguration } from './agent.configuration.js'
import { agentEnded, agentNotFound, versionNotFound } from './agent.errors.js'
import { generatePrompt } from '../proposals/agent.prompt.js'
import { AgentRepository } from './agent.repository.js'
import { functionsOf, problemOfExcess, problemOfRights, writtenGrants } from './agent.rights.js'
import { agentView } from './agent.views.js'

const mostListed = 500

/** What clients ask about agents. */
@Controller()
export class AgentController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
  ) {}

  @Handles(AgentCreate)
  async create(@Payload() request: AgentCreate, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      await lockRegistry(scope)
      const config = await this.configOf(scope, request)
      const held = message.stamp.client?.rights ?? noRights
      // As it was asked for: what cannot be read is nothing that anybody holds.
      const excess = problemOfExcess({ ...config, ...(request.grants && { grants: request.grants }) }, held)
      if (excess) throw new RequestError(excess.code, excess.message)
      const namesake = await this.agents.active(scope, config.name)
      if (namesake?.agent.ephemeral) {
        throw new RequestError(
          'agent-name-taken',
          `an agent hired for a task is named ${config.name}: choose another`,
        )
      }
      const created = namesake
        ? await this.agents.addVersion(scope, namesake, config)
        : await this.agents.add(scope, config, { name: config.name, taskId: null })
      if (created.version !== namesake?.version) await markChanged(scope)
      tx.reply(message, AgentCreated, { agent: agentView(created) })
    })
  }

  @Handles(AgentList)
  async list(@Payload() { all }: AgentList, @Ctx() message: ReceivedMessage): Promise<AgentListed> {
    const scope = this.reading(message)
    const found = await this.agents.list(scope, { limit: mostListed, ...(!all && { states: ['active'] }) })
    const { kept, omitted } = fittingList(found.map(agentView))
    return { agents: kept, omitted }
  }

  @Handles(AgentGet)
  async get(@Payload() { agent, version }: AgentGet, @Ctx() message: ReceivedMessage): Promise<AgentFound> {
    const scope = this.reading(message)
    const found = await this.agents.named(scope, agent)
    if (!found) throw agentNotFound(agent)
    if (version === undefined) return { agent: agentView(found) }
    const earlier = await this.agents.version(scope, found.agent.id, version)
    if (!earlier) throw versionNotFound(found.agent.name, version)
    return { agent: agentView({ ...found, version: earlier }) }
  }

  @Handles(AgentRetire)
  async retire(@Payload() request: AgentRetire, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      await lockRegistry(scope)
      const found = await this.agents.named(scope, request.agent)
      if (!found) throw agentNotFound(request.agent)
      const { name, state, ephemeral } = found.agent
      if (ephemeral) {
        throw new RequestError(
          'agent-ephemeral',
          `${name} was hired for one task and goes when it ends: cancel the task`,
        )
      }
      if (state !== 'active') throw agentEnded(found.agent)
      const agent = await this.agents.end(scope, found.agent, 'retired')
      await markChanged(scope)
      tx.reply(message, AgentRetired, { agent: agentView({ ...found, agent }) })
    })
  }

  private reading(message: ReceivedMessage): RegistryScope {
    return { manager: this.database.manager, tenant: message.header.tenant }
  }

  private async configOf(scope: RegistryScope, request: AgentCreate): Promise<AgentConfig> {
    const names = [...new Set(request.skills)]
    const known = await Promise.all(
      names.map(async (name) => {
        const skill = await this.skills.latest(scope, name)
        return skill && { ...skill, scripted: isScripted(skill) }
      }),
    )
    const missing = names.filter((_, index) => !known[index])
    if (missing.length > 0) throw skillsNotFound(missing)
    const skills = known.filter((skill) => skill !== undefined)
    const asked = request.functions
    const functions = asked ? orderedFunctions(asked) : functionsOf(skills)
    const { configuration = {} } = request
    const unusable = problemOfConfiguration(configuration)
    if (unusable !== undefined) throw new RequestError('invalid-configuration', unusable)
    const config: AgentConfig = {
      name: request.name,
      description: request.description,
      prompt: request.prompt ?? generatePrompt(skills, functions),
      runtime: request.runtime ?? 'script',
      ...(request.model !== undefined && { model: request.model }),
      skills: names,
      functions,
      ...(request.grants && { grants: writtenGrants(request.grants) }),
      configuration: writtenConfiguration(configuration),
    }
    const problem = problemOfRights(config, skills)
    if (problem) throw new RequestError(problem.code, problem.message)
    return config
  }
}
