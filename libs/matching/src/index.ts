export { createMatcher, DEFAULT_THRESHOLD } from './task.matcher.js'
export type {
  AgentMatch,
  AgentProfile,
  AnalysisOptions,
  Embedder,
  Facet,
  Matcher,
  MatchOptions,
  MatchResult,
  MatchSource,
  Outcome,
  RerankCandidate,
  Reranker,
  Requirements,
  SkillMatch,
  SkillProfile,
} from './matcher.js'
export { MAX_FACETS, READ_TASK_CHARACTERS } from './task-facets.js'
export { INDEXED_BODY_CHARACTERS } from './term-postings.js'
