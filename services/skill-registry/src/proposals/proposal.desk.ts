import { Inject, Injectable } from '@nestjs/common'
import {
  type AgentConfig,
  AgentProposed,
  AgentRefused,
  causedBy,
  jsonBytes,
  type MatchSummary,
  newId,
  approvalDigest,
  type ProposalContent,
  type ReceivedMessage,
} from '@guildhall/contracts'
import { row, type Transaction } from '@guildhall/mysql'
import { ServiceLogger } from '@guildhall/service-defaults'
import { agentSnapshot } from '../agents/agent.views.js'
import {
  heldFunctions,
  type HiringLimits,
  reasonNotToHire,
  reasonNotToHold,
} from '../matching/hiring.policy.js'
import { futureRef, reasonNotToSend } from '../matching/match.decision.js'
import { lockRegistry } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRegistryConfig } from '../skill-registry.config.js'
import { type AgentSearch, SkillRegistry, type TaskToMatch } from '../skill.registry.js'
import { SkillRepository } from '../skills/skill.repository.js'
import type { CheckedDraft } from './draft.policy.js'
import { proposalContent } from './proposal.content.js'
import { Proposal } from './proposal.entity.js'
import { proposedGrants } from './proposal.grants.js'
import { longestProposalBytes, tooManyOpen } from './proposal.policy.js'
import { NoDraftError, SkillDrafting } from './skill.drafting.js'

/** A proposal that nobody has been asked about. */
export interface DrawnProposal {
  id: string
  config: AgentConfig
  content: ProposalContent
  skillIds: string[]
  /** What a person should know of how it came about. */
  remarks: string[]
}

/** Why there is no proposal, in words. */
export interface NoProposal {
  reasons: string[]
}

interface DraftPlan {
  /** Registered skills that the agent will hold too. */
  held: AgentSearch['requiredSkills']
  /** Parts of the task that no skill covers. */
  missing: readonly string[]
}

const undrafted: { draft?: CheckedDraft; remarks: string[] } = { remarks: [] }

/** Draws up proposals and puts them before people. */
@Injectable()
export class ProposalDesk {
  constructor(
    @Inject(SkillRegistry) private readonly registry: SkillRegistry,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(SkillDrafting) private readonly drafting: SkillDrafting,
    @Inject(SkillRegistryConfig) private readonly config: SkillRegistryConfig,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  /** Whether `draw` may come to a proposal for a task whose candidates a person turns down. */
  isProposable({ requiredSkills, explanation }: AgentSearch, task: TaskToMatch): boolean {
    if (this.drafting.isPossible) return true
    return reasonNotToHire(explanation.result, requiredSkills, this.limitsOf(task)) === undefined
  }

  /**
   * A proposal for a task that no agent should have, or why there can be none; nothing is saved. Skills that are missing
   * are drafted where a model is set for that: it may take most of a minute then.
   * @param isTurnedDown a person wants none of those who hold the skills: the skills do not fit
   */
  async draw(
    scope: RegistryScope,
    search: AgentSearch,
    task: TaskToMatch,
    { isTurnedDown = false, signal }: { isTurnedDown?: boolean; signal?: AbortSignal } = {},
  ): Promise<DrawnProposal | NoProposal> {
    const { requiredSkills, explanation } = search
    const order = this.orderFor(search, task, isTurnedDown)
    const { draft, remarks } = order ? await this.draft(scope, order, task, signal) : undrafted
    if (order && draft) return this.compose(scope, order.held, task, { draft, remarks })
    if (requiredSkills.length === 0) return { reasons: remarks }
    const notHired = reasonNotToHire(explanation.result, requiredSkills, this.limitsOf(task))
    if (notHired !== undefined) return { reasons: [...remarks, notHired] }
    return this.compose(scope, requiredSkills, task, { remarks })
  }

  /** Saves a proposal and says it; refuses it when the tenant has as many open as it may have. */
  async open(
    tx: Transaction,
    message: ReceivedMessage,
    { taskId, match, drawn }: { taskId: string; match: MatchSummary; drawn: DrawnProposal },
  ): Promise<void> {
    const { tenant } = message.header
    const origin = causedBy(message.header)
    const scope = { manager: tx.manager, tenant }
    await lockRegistry(scope)
    const refusal = tooManyOpen(await openProposals(scope), this.config.mostOpenProposals)
    if (refusal) {
      tx.publish(AgentRefused, { taskId, ...refusal }, origin)
      return
    }
    const { id, config, content, skillIds } = drawn
    const digest = approvalDigest(content)
    await tx.manager.insert(
      Proposal,
      row<Proposal>({
        id,
        taskId,
        tenant,
        config,
        content,
        digest,
        skillIds,
        match,
        matchId: match.matchId,
        state: 'proposed',
        agentId: null,
        endedAt: null,
        createdAt: new Date(),
      }),
    )
    const { subject, files } = content
    tx.publish(AgentProposed, { taskId, proposalId: id, match, ...subject, files, digest }, origin)
  }

  private limitsOf({ rights }: TaskToMatch): HiringLimits {
    return { rights, hasModelAgents: this.config.hasModelAgents }
  }

  /** What a model is to draft; undefined for nothing. */
  private orderFor(
    { requiredSkills, explanation }: AgentSearch,
    task: TaskToMatch,
    isTurnedDown: boolean,
  ): DraftPlan | undefined {
    if (!this.drafting.isPossible) return undefined
    const held = isTurnedDown ? [] : requiredSkills
    const missing = held.length === 0 ? [task.goal] : explanation.result.requirements.missingSkills
    if (missing.length === 0 || reasonNotToHold(held, this.limitsOf(task)) !== undefined) return undefined
    return { held, missing }
  }

  private async draft(
    scope: RegistryScope,
    { held, missing }: DraftPlan,
    task: TaskToMatch,
    signal: AbortSignal | undefined,
  ): Promise<{ draft?: CheckedDraft; remarks: string[] }> {
    // A model costs: not where the proposal would be refused anyway.
    if (tooManyOpen(await openProposals(scope), this.config.mostOpenProposals)) return undrafted
    const takenNames = await this.skills.names(scope)
    const functions = heldFunctions(task.rights)
    try {
      const order = { goal: task.goal, missing, held, functions, takenNames }
      const draft = await this.drafting.draft(order, signal)
      return { draft, remarks: remarksOn(draft) }
    } catch (error) {
      if (!(error instanceof NoDraftError)) throw error
      this.logger.warn({ tenant: scope.tenant, reason: error.message }, 'no skill was drafted')
      return { remarks: [`No skill was drafted: ${error.message}.`] }
    }
  }

  private async compose(
    scope: RegistryScope,
    held: readonly { id: string; name: string }[],
    { rights }: TaskToMatch,
    { draft, remarks }: { draft?: CheckedDraft; remarks: string[] },
  ): Promise<DrawnProposal | NoProposal> {
    const id = newId()
    const names = held.map(({ name }) => name)
    const proposed = await this.registry.proposeNewAgent(scope, names, { id, ...(draft && { draft }) })
    const config = { ...proposed, grants: proposedGrants(proposed.functions, rights) }
    const skills = await this.skills.withIds(
      scope,
      held.map((skill) => skill.id),
    )
    const content = proposalContent(config, skills, draft?.skills ?? [])
    const tooLarge =
      jsonBytes(content) > longestProposalBytes
        ? `${config.skills.join(', ')} have too much for one proposal. Hand the task in as several.`
        : reasonNotToSend(agentSnapshot(futureRef, config, skills))
    if (tooLarge !== undefined) return { reasons: [...remarks, tooLarge] }
    return { id, config, content, skillIds: skills.map((skill) => skill.id), remarks }
  }
}

function openProposals({ manager, tenant }: RegistryScope): Promise<number> {
  return manager.countBy(Proposal, { tenant, state: 'proposed' })
}

function remarksOn({ skills, removed }: CheckedDraft): string[] {
  const drafted = `A model drafted ${skills.map(({ name }) => name).join(', ')}; approving registers it.`
  return removed.length === 0
    ? [drafted]
    : [drafted, `The draft asked for ${removed.join(', ')}, which the requester may not grant: left out.`]
}
