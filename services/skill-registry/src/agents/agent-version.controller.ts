import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AgentDestroy,
  AgentDestroyed,
  AgentListVersions,
  AgentRollBack,
  AgentRolledBack,
  AgentVersionsListed,
  fittingList,
  noRights,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { lockRegistry, markChanged } from '../registry.revision.js'
import { agentEnded, agentNotFound, versionNotFound } from './agent.errors.js'
import { AgentRepository } from './agent.repository.js'
import { problemOfExcess } from './agent.rights.js'
import { agentVersionView, agentView, stateSpaceOf } from './agent.views.js'

/** What agents were, and the end of those that shall never be again. */
@Controller()
export class AgentVersionController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(AgentRepository) private readonly agents: AgentRepository,
  ) {}

  @Handles(AgentListVersions)
  async list(
    @Payload() { agent }: AgentListVersions,
    @Ctx() message: ReceivedMessage,
  ): Promise<AgentVersionsListed> {
    const scope = { manager: this.database.manager, tenant: message.header.tenant }
    const found = await this.agents.named(scope, agent)
    if (!found) throw agentNotFound(agent)
    const versions = await this.agents.versions(scope, found.agent.id)
    const { kept, omitted } = fittingList(versions.map((version) => agentVersionView(version, found.agent)))
    return { agent: agentView(found), versions: kept, omitted }
  }

  @Handles(AgentRollBack)
  async rollBack(
    @Payload() { agent, version }: AgentRollBack,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      await lockRegistry(scope)
      const found = await this.agents.named(scope, agent)
      if (!found) throw agentNotFound(agent)
      if (found.agent.state !== 'active') throw agentEnded(found.agent)
      const earlier = await this.agents.version(scope, found.agent.id, version)
      if (!earlier) throw versionNotFound(found.agent.name, version)
      // What somebody else was once allowed to make counts for nothing: it is as if it were made now.
      const excess = problemOfExcess(earlier.config, message.stamp.client?.rights ?? noRights)
      if (excess) throw new RequestError(excess.code, excess.message)
      const changed = await this.agents.addVersion(scope, found, earlier.config)
      if (changed.version !== found.version) await markChanged(scope)
      tx.reply(message, AgentRolledBack, { agent: agentView(changed) })
    })
  }

  @Handles(AgentDestroy)
  async destroy(@Payload() request: AgentDestroy, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      await lockRegistry(scope)
      const found = await this.agents.named(scope, request.agent)
      if (!found) throw agentNotFound(request.agent)
      const { name, state, ephemeral } = found.agent
      if (ephemeral && state === 'active') {
        const why = `${name} was hired for one task and goes when it ends: cancel the task`
        throw new RequestError('agent-ephemeral', why)
      }
      const agent =
        state === 'destroyed' ? found.agent : await this.agents.end(scope, found.agent, 'destroyed')
      await markChanged(scope)
      tx.reply(message, AgentDestroyed, {
        agent: agentView({ ...found, agent }),
        stateSpace: stateSpaceOf(agent),
      })
    })
  }
}
