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
  /** Words for what it is good at. */
  keywords?: readonly string[]
  /** Tasks that it is meant for, in the words of people. */
  examplePrompts?: readonly string[]
}

/**
 * Turns texts into vectors of unit length, all of one dimension, in the order of the texts. The same text gives the same vector for as
 * long as `id` is the same.
 */
export interface Embedder {
  /** Names the model; vectors of different ids are never compared. */
  readonly id: string
  /** Whether an endpoint makes the vectors; the answer's source then is `endpoint`. */
  readonly remote?: boolean
  /** Rejects when it cannot; the matcher then answers by words alone. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>
}

export interface RerankCandidate {
  id: string
  name: string
  description: string
}

/** Puts candidates, given best first, into a better order. It cannot add any: an answer with other ids is ignored as a whole. */
export interface Reranker {
  /** Ids, best first; those left out follow as they were. Brings its own time-out; rejects when it cannot answer. */
  rerank(task: string, candidates: readonly RerankCandidate[], signal?: AbortSignal): Promise<string[]>
}

/** lexical: by words alone; embedded: by words and vectors; endpoint: an endpoint made the vectors or the order. */
export type MatchSource = 'lexical' | 'embedded' | 'endpoint'

/** What speaks for a skill as the right one for a text. */
export interface Evidence {
  /** The skill's score less the mean of the five next best in the whole registry: how far it stands out of the background. */
  readonly lead: number
  /** The skill's score less that of its nearest rival among those that compete; 0 when it is not the first. */
  readonly margin: number
  /** Distinct topical words of the text that the skill contains. */
  readonly topicalWords: number
  /** Words of the skill in all its texts; a long one shares words with every task. */
  readonly skillWords: number
  /** Share of the text's idf mass whose words the skill contains, 0 to 1. */
  readonly share: number
  /** Cosine of the vectors of text and skill; absent when matched by words alone. */
  readonly similarity?: number
}

export interface SkillMatch {
  skillId: string
  name: string
  /** Calibrated probability that the text needs this skill, 0 to 1. */
  score: number
  /** Words of the task that the skill contains, the weightiest first. */
  matchedTerms: string[]
  /** The skill's example task that shares most with the text; of the first and of required skills only. */
  nearestExample?: string
  /** Cosine of the text's vector and the skill's, -1 to 1; absent when matched by words alone. */
  similarity?: number
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
  /** Skills for the task as a whole, at most ten, best first. */
  ranking: SkillMatch[]
  /** Calibrated probability that the first skill of the ranking is the right one, 0 to 1; 0 without a ranking. */
  score: number
  /** What that score was made of; absent without a ranking. */
  evidence?: Evidence
  /** Distinct skills in the order in which the task asks for them. */
  requiredSkills: SkillMatch[]
  /** Facets that no registered skill serves, in words of the task. */
  missingSkills: string[]
  source: MatchSource
  /** Why a better source did not answer; absent when the best one that is configured did. */
  degraded?: string
}

export interface AgentMatch {
  agentId: string
  name: string
  /**
   * Score of the weakest required skill times the coverage, 0 to 1. An agent that lacks a required skill keeps half of that and is
   * never assigned, whatever its score. Without required skills: the score of the nearest skill that it holds.
   */
  score: number
  /** What orders agents, 0 or more: how well its own description fits, and how much of what is needed it holds. */
  evidence: number
  /** Required skills that the agent holds, divided by everything the task needs (required and missing). */
  coverage: number
  coveredSkillIds: string[]
  matchedTerms: string[]
}

/**
 * agent: the first candidate holds all that is needed; confirm: one does, but its score is between the threshold and the confirm line
 * or another candidate describes itself more fittingly, so a person should choose; no-agent: the skills exist, nobody holds them all;
 * no-skill: nothing registered fits.
 */
export type Outcome = 'agent' | 'confirm' | 'no-agent' | 'no-skill'

export interface MatchResult {
  outcome: Outcome
  requirements: Requirements
  /** Present only when the outcome is `agent`. */
  agent?: AgentMatch
  /** Score of the best candidate that holds all that is needed, else of the first; 0 when no agent holds anything of use. */
  matchScore: number
  /** That score less the runner-up's, 0 to 1. */
  margin: number
  runnerUp?: AgentMatch
  /** The best agents, also when none is assigned: three unless told otherwise. One that holds all that is needed is always among them. */
  candidates: AgentMatch[]
  /** Below it nothing fits. */
  threshold: number
  /** From here on nobody needs to confirm; derived from the threshold. */
  confirmLine: number
  /** Short English sentences, for people. */
  reasons: string[]
}

export interface AnalysisOptions {
  /** Only these skills compete; all when absent. Unknown ids are ignored. */
  amongSkills?: readonly string[]
}

export interface MatchOptions extends AnalysisOptions {
  /** Only these agents compete; all when absent. Unknown ids are ignored. */
  among?: readonly string[]
  /** How many candidates are returned; 3 when absent. */
  candidates?: number
}

/**
 * Deterministic: the same registry and text give the same bytes. No method rejects because of a text, an embedder or a reranker: what
 * fails is left out and named in `degraded`.
 */
export interface Matcher {
  /** Which skills the task needs. Text past 6,000 characters is not read. */
  analyse(task: string, options?: AnalysisOptions): Promise<Requirements>
  /** Which agent should have the task, and why. */
  match(task: string, options?: MatchOptions): Promise<MatchResult>
  /** Resolves when the skill is matched like every other. @throws RangeError when a skill of that id is there already. */
  addSkill(skill: SkillProfile): Promise<void>
  /** Adds the skill when it is not there. */
  replaceSkill(skill: SkillProfile): Promise<void>
  /** Does nothing when it is not there. */
  removeSkill(skillId: string): void
  /** Resolves when every skill and agent has its vectors, or when it is clear that there will be none. */
  ready(): Promise<void>
}
