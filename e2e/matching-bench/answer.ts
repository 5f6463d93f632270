import type { Matcher } from '@guildhall/matching'
import type { Query } from './suite.reading.js'

/** How many agents are named for a query. */
const agentsNamed = 10

/** One line of the output. */
export interface Answer {
  suite: string
  id: string
  /** Ids of skills, best first. */
  ranking: string[]
  /** Probability that the first skill is the right one. */
  score: number
  /** Ids of the skills that the task needs. */
  skills: string[]
  /** The agent that the task goes to, with or without a person's confirmation; null: none. */
  agent: string | null
  /** Ids of agents, best first. */
  agents: string[]
  source: string
  ms: number
}

/** What the product's matcher says to a query, and how long it took. */
export async function answer(matcher: Matcher, suite: string, query: Query): Promise<Answer> {
  const startedAt = performance.now()
  const result = await matcher.match(query.text, {
    candidates: agentsNamed,
    ...(query.candidates && { amongSkills: query.candidates }),
  })
  const ms = performance.now() - startedAt
  const { requirements, outcome, candidates } = result
  const fits = outcome === 'agent' || outcome === 'confirm'
  return {
    suite,
    id: query.id,
    ranking: requirements.ranking.map(({ skillId }) => skillId),
    score: requirements.score,
    skills: requirements.requiredSkills.map(({ skillId }) => skillId),
    agent: fits ? (candidates[0]?.agentId ?? null) : null,
    agents: candidates.map(({ agentId }) => agentId),
    source: requirements.source,
    ms: Math.round(ms * 1000) / 1000,
  }
}
