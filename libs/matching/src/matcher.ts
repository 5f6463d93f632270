/** What the matcher knows of a skill. Every text may be empty; `examples` (task texts) help most. */
export interface SkillProfile {
  id: string
  name: string
  description: string
  tags: readonly string[]
  examples: readonly string[]
  /** Instructions of the skill; only the first 4,000 characters are read. */
  body: string
}

export interface AgentProfile {
  id: string
  name: string
  description: string
  /** Skills that are not registered are ignored. */
  skillIds: readonly string[]
}

export interface MatchThresholds {
  /** Score from which a skill counts as required and an agent as assigned, 0 to 1; 0.5 when absent. */
  assign: number
}

export interface SkillMatch {
  skillId: string
  name: string
  /** Calibrated probability that the text needs this skill, 0 to 1. */
  score: number
  /** Words of the task that the skill contains, the weightiest first. */
  matchedTerms: string[]
}

/** One thing that the task asks for, in its own words. */
export interface Facet {
  text: string
  /** At most five, best first. */
  skills: SkillMatch[]
  /** True when a required skill serves this facet, also when the facet only refines what another one asks for. */
  covered: boolean
}

export interface Requirements {
  /** At most eight; none when the text has no content words. */
  facets: Facet[]
  /** Distinct skills in the order in which the task asks for them. */
  requiredSkills: SkillMatch[]
  /** Facets that no registered skill serves, in words of the task. */
  missingSkills: string[]
  source: 'lexical'
}

export interface AgentMatch {
  agentId: string
  name: string
  /**
   * Score of the weakest required skill times the coverage, 0 to 1. An agent that lacks a required skill keeps half of that and is
   * never assigned, whatever its score. Without required skills: the score of the nearest skill that it holds.
   */
  score: number
  /** Required skills that the agent holds, divided by everything the task needs (required and missing). */
  coverage: number
  coveredSkillIds: string[]
  matchedTerms: string[]
}

/** agent: one holds all that is needed; no-agent: the skills exist, nobody holds them all; no-skill: nothing registered fits. */
export type Outcome = 'agent' | 'no-agent' | 'no-skill'

export interface MatchResult {
  outcome: Outcome
  requirements: Requirements
  /** Present only when the outcome is `agent`. */
  agent?: AgentMatch
  /** Score of the first candidate, assigned or not; 0 when no agent holds anything of use. */
  matchScore: number
  /** Score of the first candidate less that of the second, 0 to 1. */
  margin: number
  runnerUp?: AgentMatch
  /** The best three agents, also when none is assigned. */
  candidates: AgentMatch[]
  threshold: number
  /** Short English sentences, for people. */
  reasons: string[]
}

/** Pure and deterministic: the same registry and text give the same bytes. Neither method throws on any text. */
export interface Matcher {
  /** Which skills the task needs. Text past 6,000 characters is not read. */
  analyse(task: string): Requirements
  /** Which agent should have the task, and why. */
  match(task: string): MatchResult
}
