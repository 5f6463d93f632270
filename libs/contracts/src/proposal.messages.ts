import { IsArray, IsBoolean, IsIn, IsObject, IsString, IsUUID, Matches } from 'class-validator'
import type { AgentConfig, AgentSnapshot } from './agent.messages.js'
import type { FunctionName } from './function.names.js'
import type { MatchSummary } from './match.messages.js'

/** A registered skill version that the proposed agent would hold. */
export interface ProposedSkill {
  id: string
  name: string
  version: number
  /** SHA-256 of everything the version says, its files included. */
  digest: string
}

/** A skill that nobody has registered yet. It becomes version 1 of a skill when a person approves the proposal. */
export interface SkillDraft {
  name: string
  description: string
  /** Functions that the skill calls: never more than the requester holds. */
  requiredCapabilities: FunctionName[]
  /** The Markdown body that SKILL.md will have. */
  promptTemplate: string
  examples: string[]
}

/** A file that an approval covers. */
export interface FileDigest {
  /** `<skill>/scripts/inventory.mjs` */
  path: string
  sha256: string
}

/** Exactly what happens when a person approves a proposal. */
export interface ProposalContent {
  kind: 'new-agent'
  subject: {
    config: AgentConfig
    /** In the order in which the task asks for them. */
    skills: ProposedSkill[]
    drafts: SkillDraft[]
  }
  /** The files of `skills`, ordered by path. */
  files: FileDigest[]
}

/** What a person is asked to approve by a proposal. */
export function contentOf({ config, skills, drafts, files }: AgentProposed): ProposalContent {
  return { kind: 'new-agent', subject: { config, skills, drafts }, files }
}

/**
 * `agent.proposed`: nobody holds the skills that the task needs; a configuration that nobody has approved yet, for skills
 * that exist and for drafts of those that do not.
 */
export class AgentProposed {
  @IsUUID() taskId!: string
  @IsUUID() proposalId!: string
  @IsObject() match!: MatchSummary
  @IsObject() config!: AgentConfig
  @IsArray() skills!: ProposedSkill[]
  @IsArray() drafts!: SkillDraft[]
  @IsArray() files!: FileDigest[]
  /** `approvalDigest` of `contentOf` it. */
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

export const agentRefusals = [
  /** As many proposals of the tenant as may wait for an answer do. */
  'too-many-proposals',
  'proposal-not-found',
  /** It was registered before, or closed. */
  'proposal-used',
  /** What was approved is not what was proposed. */
  'digest-mismatch',
  /** What is stored is not what was proposed. */
  'proposal-changed',
  /** An earlier release made it. */
  'proposal-outdated',
  /** A skill of a draft's name was registered meanwhile. */
  'skill-name-taken',
  'match-not-found',
  /** The decision does not wait for an answer, or got one. */
  'match-settled',
  /** The agent chosen was not among the candidates. */
  'agent-not-offered',
  /** It was retired or changed since the question. */
  'agent-gone',
  /** The agent may do more than the requester may let one do. */
  'not-permitted',
  /** Agent and skills do not fit into one task. */
  'too-large',
] as const
export type AgentRefusalCode = (typeof agentRefusals)[number]

/** Why an agent is not proposed, sent or made. */
export interface AgentRefusal {
  code: AgentRefusalCode
  /** For people: what is wrong and what to do next. */
  message: string
}

/** `agent.refused`: the registry would not propose, choose or register the agent. */
export class AgentRefused implements AgentRefusal {
  @IsUUID() taskId!: string
  @IsIn(agentRefusals) code!: AgentRefusalCode
  @IsString() message!: string
}

export const proposalEndings = ['refused', 'expired', 'withdrawn', 'superseded'] as const
/** How a proposal ends that never becomes an agent. */
export type ProposalEnding = (typeof proposalEndings)[number]

/** `proposal.close`: nobody will approve the proposal any more. Closing it again changes nothing. */
export class ProposalClose {
  @IsUUID() taskId!: string
  @IsUUID() proposalId!: string
  @IsIn(proposalEndings) ending!: ProposalEnding
}
