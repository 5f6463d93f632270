export { createLexicalMatcher } from './lexical.matcher.js'
export type {
  AgentMatch,
  AgentProfile,
  Facet,
  Matcher,
  MatchResult,
  MatchThresholds,
  Outcome,
  Requirements,
  SkillMatch,
  SkillProfile,
} from './matcher.js'
export { MAX_FACETS, READ_TASK_CHARACTERS } from './task-facets.js'
export { INDEXED_BODY_CHARACTERS } from './term-postings.js'
