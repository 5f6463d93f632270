import { IsBoolean, IsIn, IsObject, IsUUID, Matches } from 'class-validator'
import type { AgentConfig, AgentSnapshot } from './agent.messages.js'
import type { MatchSummary } from './match.messages.js'

/** `agent.proposed`: the skills exist, nobody holds them; a configuration that nobody has approved yet. */
export class AgentProposed {
  @IsUUID() taskId!: string
  @IsUUID() proposalId!: string
  @IsObject() match!: MatchSummary
  @IsObject() config!: AgentConfig
  /** SHA-256 of the canonical JSON of `config` (RFC 8785). */
  @Matches(/^[0-9a-f]{64}$/) digest!: string
}

/** `agent.register`: a person allowed the proposal. */
export class AgentRegister {
  @IsUUID() taskId!: string
  @IsUUID() proposalId!: string
  /** What was approved; registering anything else is refused. */
  @Matches(/^[0-9a-f]{64}$/) digest!: string
  @IsBoolean() permanent!: boolean
}

/** `agent.registered`: the approved proposal is an agent now. */
export class AgentRegistered {
  @IsUUID() taskId!: string
  @IsObject() agent!: AgentSnapshot
}

/** `agent.refused`: the registry would not register the approved proposal. */
export class AgentRefused {
  @IsUUID() taskId!: string
  code!: string
  message!: string
}

export const proposalEndings = ['refused', 'expired', 'withdrawn'] as const
/** How a proposal ends that never becomes an agent. */
export type ProposalEnding = (typeof proposalEndings)[number]

/** `proposal.close`: nobody will approve the proposal any more. Closing it again changes nothing. */
export class ProposalClose {
  @IsUUID() taskId!: string
  @IsUUID() proposalId!: string
  @IsIn(proposalEndings) ending!: ProposalEnding
}
