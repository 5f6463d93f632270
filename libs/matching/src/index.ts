export { createSentenceEmbedder } from './embedding/sentence.embedder.js'
export { MAX_FACETS, READ_TASK_CHARACTERS } from './facets/task-facets.js'
export { INDEXED_BODY_CHARACTERS } from './lexical/term-index.js'
export type {
  AgentMatch,
  AgentProfile,
  AnalysisOptions,
  Embedder,
  Evidence,
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
export { createMatcher, DEFAULT_THRESHOLD, type MatcherInput } from './task.matcher.js'
