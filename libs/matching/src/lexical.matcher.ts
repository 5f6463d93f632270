import { rankAgents } from './agent-ranking.js'
import type { AgentProfile, Matcher, MatchResult, MatchThresholds, SkillProfile } from './matcher.js'
import { reasonsFor } from './match-reasons.js'
import { analyseTask } from './requirements.js'
import { buildSkillIndex } from './skill-index.js'
import { proseOf } from './task-facets.js'

const DEFAULT_THRESHOLDS: MatchThresholds = { assign: 0.5 }
const CANDIDATES = 3

const asDocument = ({ id, name, description }: AgentProfile): SkillProfile => ({
  id,
  name,
  description,
  tags: [],
  examples: [],
  body: '',
})

/**
 * Matches by words alone, without network or model. Builds its index from the input once (two to three seconds for 10,000 skills of 4 kB);
 * a changed registry needs a new matcher. Throws RangeError when the threshold is not between 0 and 1.
 */
export const createLexicalMatcher = (input: {
  skills: readonly SkillProfile[]
  agents: readonly AgentProfile[]
  thresholds?: MatchThresholds
}): Matcher => {
  const threshold = (input.thresholds ?? DEFAULT_THRESHOLDS).assign
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`The threshold "assign" must be a number from 0 to 1, not ${threshold}.`)
  }
  const skills = [...input.skills]
  const agents = input.agents.map((agent) => ({ agent, owned: new Set(agent.skillIds) }))
  const skillIndex = buildSkillIndex(skills)
  const agentIndex = buildSkillIndex(input.agents.map(asDocument))
  const analyse = (task: string) => analyseTask(task, skillIndex, skills, threshold)

  const match = (task: string): MatchResult => {
    const requirements = analyse(task)
    const profiles = agentIndex.rank(proseOf(task))
    const ranked = rankAgents(requirements, agents, (position) => profiles.scoreOf(position))
    const candidates = ranked.slice(0, CANDIDATES).map((agent) => agent.match)
    const [first, runnerUp] = candidates
    const fits = ranked[0]?.holdsAll === true && ranked[0].match.score >= threshold
    const outcome = requirements.requiredSkills.length === 0 ? 'no-skill' : fits ? 'agent' : 'no-agent'
    const margin = Math.max(0, (first?.score ?? 0) - (runnerUp?.score ?? 0))
    return {
      outcome,
      requirements,
      ...(outcome === 'agent' && first !== undefined ? { agent: first } : {}),
      matchScore: first?.score ?? 0,
      margin,
      ...(runnerUp === undefined ? {} : { runnerUp }),
      candidates,
      threshold,
      reasons: reasonsFor(outcome, requirements, first, margin, runnerUp, threshold),
    }
  }
  return { analyse, match }
}
