import { IsArray, IsBoolean, IsInt, IsObject, IsString, IsUUID, Length, Min } from 'class-validator'
import type { AgentRef, AgentSnapshot } from './agent.messages.js'
import type { Rights } from './rights.js'

/** The decision of the matcher, in a form to show to people. */
export interface MatchSummary {
  matchId: string
  agent?: AgentRef
  /** Calibrated, 0 to 1: of the agent found or, where one is proposed, of the proposed one; 0 for nobody. */
  matchScore: number
  threshold: number
  margin: number
  requiredSkills: string[]
  missingSkills: string[]
  reasons: string[]
  runnerUp?: { name: string; matchScore: number }
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

export class MatchExplained {
  outcome!: 'agent' | 'confirm' | 'no-agent' | 'no-skill'
  match!: MatchSummary
  facets!: {
    text: string
    covered: boolean
    skills: { name: string; score: number; matchedTerms: string[] }[]
  }[]
  candidates!: { name: string; matchScore: number; coverage: number }[]
}
