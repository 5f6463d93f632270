import { IsArray, IsBoolean, IsInt, IsObject, IsString, IsUUID, Length, Min } from 'class-validator'
import type { AgentRef, AgentSnapshot } from './agent.messages.js'
import type { Rights } from './rights.js'

/**
 * Which of the matchers decided: words alone, words with the embedder that ships with the product, or with an endpoint's
 * embeddings or reranking.
 */
export const matchSources = ['lexical', 'embedded', 'endpoint'] as const
export type MatchSource = (typeof matchSources)[number]

/** The decision of the matcher, in a form to show to people. */
export interface MatchSummary {
  matchId: string
  agent?: AgentRef
  /** Calibrated, 0 to 1: of the agent found or, where one is proposed, of the proposed one; 0 for nobody. */
  matchScore: number
  /** Below it nobody is good enough. */
  threshold: number
  /** From the threshold up to here a person confirms the agent; absent in decisions of releases without that step. */
  confirmBelow?: number
  margin: number
  requiredSkills: string[]
  missingSkills: string[]
  reasons: string[]
  runnerUp?: { name: string; matchScore: number }
  /** Absent in decisions of releases that had one matcher only. */
  source?: MatchSource
  /** Why a lesser matcher decided than the settings ask for. */
  degraded?: string
}

/** An agent that a person may choose for a task. */
export interface AgentCandidate {
  agent: AgentRef
  matchScore: number
  /** What it holds of the skills that the task needs. */
  skills: string[]
}

/** `skills.match`: find the agent for a task. */
export class SkillsMatch {
  @IsUUID() taskId!: string
  @IsString() @Length(1, 20_000) goal!: string
  /** What the requester may let an agent do; neither a matched nor a proposed agent gets more. */
  @IsObject() rights!: Rights
}

/** `skills.matched`: an agent fits, at or above the threshold. */
export class SkillsMatched {
  @IsUUID() taskId!: string
  @IsObject() match!: MatchSummary
  @IsObject() agent!: AgentSnapshot
}

/** `skills.unmatched`: nothing registered fits; the missing skills in words of the task. */
export class SkillsUnmatched {
  @IsUUID() taskId!: string
  @IsObject() match!: MatchSummary
}

/** `match.uncertain`: agents may fit, none is sure enough to go without a person's word. */
export class MatchUncertain {
  @IsUUID() taskId!: string
  @IsObject() match!: MatchSummary
  /** At most three, best first. */
  @IsArray() candidates!: AgentCandidate[]
  /** Whether `agent.propose` would make a proposal. */
  @IsBoolean() proposable!: boolean
}

/** `agent.choose`: a person chose one of the candidates; `skills.matched` or `agent.refused` follows. */
export class AgentChoose {
  @IsUUID() taskId!: string
  @IsUUID() matchId!: string
  @IsUUID() agentId!: string
  /** What the person was shown; an agent that has another version now is refused. */
  @IsInt() @Min(1) version!: number
}

/**
 * `agent.propose`: a person wants a new agent instead of the candidates; `agent.proposed`, `skills.unmatched` or
 * `agent.refused` follows.
 */
export class AgentPropose {
  @IsUUID() taskId!: string
  @IsUUID() matchId!: string
}

/** `match.explain`: what the matcher would decide, without a task. */
export class MatchExplain {
  @IsString()
  @Length(1, 20_000)
  goal!: string
}

/** Why a skill is near to a part of a task. */
export interface SkillNearness {
  name: string
  /** Calibrated, 0 to 1. */
  score: number
  matchedTerms: string[]
  /** Cosine of the sentence embeddings, -1 to 1; absent where words alone decided. */
  similarity?: number
  /** The example of the skill that is nearest. */
  nearestExample?: string
}

export class MatchExplained {
  /** `confirm`: an agent may fit, and a person would be asked. */
  outcome!: 'agent' | 'confirm' | 'no-agent' | 'no-skill'
  match!: MatchSummary
  facets!: {
    text: string
    covered: boolean
    skills: SkillNearness[]
  }[]
  /** `skills`: what the agent holds of the skills needed. */
  candidates!: { name: string; matchScore: number; coverage: number; skills: string[] }[]
}
