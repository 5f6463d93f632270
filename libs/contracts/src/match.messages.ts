import { IsArray, IsIn, IsObject, IsString, IsUUID, Length } from 'class-validator'
import type { AgentRef, AgentSnapshot } from './agent.messages.js'
import { functionNames, type FunctionName } from './function.names.js'

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

/** `skills.match`: find the agent for a task. */
export class SkillsMatch {
  @IsUUID() taskId!: string
  @IsString() @Length(1, 20_000) goal!: string
  /** What the requester may let an agent do; a proposed agent never gets more. */
  @IsArray() @IsIn(functionNames, { each: true }) functions!: FunctionName[]
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

/** `match.explain`: what the matcher would decide, without a task. */
export class MatchExplain {
  @IsString()
  @Length(1, 20_000)
  goal!: string
}

export class MatchExplained {
  outcome!: 'agent' | 'no-agent' | 'no-skill'
  match!: MatchSummary
  facets!: {
    text: string
    covered: boolean
    skills: { name: string; score: number; matchedTerms: string[] }[]
  }[]
  candidates!: { name: string; matchScore: number; coverage: number }[]
}
