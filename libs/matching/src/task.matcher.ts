import { rankAgents } from './agent-ranking.js'
import type {
  AgentProfile,
  AnalysisOptions,
  Embedder,
  Matcher,
  MatchOptions,
  MatchResult,
  Reranker,
  Requirements,
  SkillProfile,
} from './matcher.js'
import { reasonsFor } from './match-reasons.js'
import { analyseTask } from './requirements.js'
import { buildSkillIndex } from './skill-index.js'
import { proseOf } from './task-facets.js'

export const DEFAULT_THRESHOLD = 0.5
const CANDIDATES = 3
/** The share of the way from the threshold to 1 in which a person is asked. */
const CONFIRMED_PART = 0.3

const asDocument = ({ id, name, description }: AgentProfile): SkillProfile => ({
  id,
  name,
  description,
  tags: [],
  examples: [],
  body: '',
})

/** @throws RangeError when the threshold is not between 0 and 1. */
export const createMatcher = (input: {
  skills: readonly SkillProfile[]
  agents: readonly AgentProfile[]
  /** Score from which a skill counts as required and an agent as fit, 0 to 1; 0.5 when absent. */
  threshold?: number
  embedder?: Embedder
  reranker?: Reranker
}): Matcher => {
  const threshold = input.threshold ?? DEFAULT_THRESHOLD
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new RangeError(`The threshold must be a number from 0 to 1, not ${threshold}.`)
  }
  const confirmLine = threshold + (1 - threshold) * CONFIRMED_PART
  let skills = [...input.skills]
  let skillIndex = buildSkillIndex(skills)
  const agentIndex = buildSkillIndex(input.agents.map(asDocument))
  const rebuild = (changed: SkillProfile[]) => {
    skills = changed
    skillIndex = buildSkillIndex(skills)
    return Promise.resolve()
  }
  const without = (id: string) => skills.filter((skill) => skill.id !== id)

  const analyse = (task: string, _options?: AnalysisOptions): Promise<Requirements> =>
    Promise.resolve(analyseTask(task, skillIndex, skills, threshold))

  const match = async (task: string, options: MatchOptions = {}): Promise<MatchResult> => {
    const requirements = await analyse(task, options)
    const agents = input.agents
      .filter(({ id }) => options.among?.includes(id) ?? true)
      .map((agent) => ({ agent, owned: new Set(agent.skillIds) }))
    const profiles = agentIndex.rank(proseOf(task))
    const ranked = rankAgents(requirements, agents, (position) => profiles.scoreOf(position))
    const candidates = ranked.slice(0, options.candidates ?? CANDIDATES).map((agent) => agent.match)
    const [first, runnerUp] = candidates
    const score = first?.score ?? 0
    const fits = ranked[0]?.holdsAll === true && score >= threshold
    const outcome =
      requirements.requiredSkills.length === 0
        ? 'no-skill'
        : !fits
          ? 'no-agent'
          : score < confirmLine
            ? 'confirm'
            : 'agent'
    const margin = Math.max(0, score - (runnerUp?.score ?? 0))
    return {
      outcome,
      requirements,
      ...(outcome === 'agent' && first !== undefined ? { agent: first } : {}),
      matchScore: score,
      margin,
      ...(runnerUp === undefined ? {} : { runnerUp }),
      candidates,
      threshold,
      confirmLine,
      reasons: reasonsFor(outcome, requirements, first, margin, runnerUp, threshold),
    }
  }
  return {
    analyse,
    match,
    addSkill: (skill) => {
      if (skills.some(({ id }) => id === skill.id))
        return Promise.reject(new RangeError(`There is a skill ${skill.id} already.`))
      return rebuild([...skills, skill])
    },
    replaceSkill: (skill) => rebuild([...without(skill.id), skill]),
    removeSkill: (id) => void rebuild(without(id)),
    ready: () => Promise.resolve(),
  }
}
