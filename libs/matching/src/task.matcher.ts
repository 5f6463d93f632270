import { agentEvidence, profileScores, skillShares } from './agent-evidence.js'
import { rankAgents, type RankedAgent } from './agent-ranking.js'
import { directionOf } from './embedding/vector-cache.js'
import type { Reading } from './facets/skill-choice.js'
import { queryTermsOf } from './lexical/text-tokens.js'
import type {
  AgentProfile,
  AnalysisOptions,
  Embedder,
  Matcher,
  MatchOptions,
  MatchResult,
  MatchSource,
  Outcome,
  Reranker,
  Requirements,
  SkillProfile,
} from './matcher.js'
import { reasonsFor } from './match-reasons.js'
import { ProfileIndex } from './profile-index.js'
import { sentencesOfAgent, textOfAgent } from './profile-texts.js'
import { readWhole, requirementsOf, wholeOf } from './requirements.js'
import { rerank } from './reranking.js'
import { SkillCatalog } from './skill-catalog.js'
import { SkillSearch } from './skill-search.js'

export const DEFAULT_THRESHOLD = 0.5
/** From this share of the way between the threshold and 1 on, nobody has to confirm an assignment. */
const CONFIRMED_PART = 0.3
const CANDIDATES = 3
/** So long a task waits for the vectors of a registry that is new or has changed; then words alone decide. */
const PATIENCE_MS = 2_000

export interface MatcherInput {
  skills: readonly SkillProfile[]
  agents: readonly AgentProfile[]
  /** Score below which nothing fits, 0 to 1; 0.5 when absent. */
  threshold?: number
  embedder?: Embedder | undefined
  reranker?: Reranker | undefined
}

/** What was found out about a task, with all that the ranking of agents needs. */
interface Analysis {
  requirements: Requirements
  whole: Reading
  vectors: ReadonlyMap<string, Float32Array>
}

interface Vectors {
  byText: ReadonlyMap<string, Float32Array>
  degraded?: string
}

class TaskMatcher implements Matcher {
  private readonly threshold: number
  private readonly confirmLine: number
  private readonly embedder: Embedder | undefined
  private readonly reranker: Reranker | undefined
  private readonly skills: SkillCatalog
  private readonly agents: readonly { agent: AgentProfile; owned: ReadonlySet<string> }[]
  private readonly agentIndex: ProfileIndex

  constructor(input: MatcherInput) {
    this.threshold = input.threshold ?? DEFAULT_THRESHOLD
    if (!(this.threshold >= 0 && this.threshold <= 1)) {
      throw new RangeError(`The threshold must be a number from 0 to 1, not ${this.threshold}.`)
    }
    this.confirmLine = this.threshold + (1 - this.threshold) * CONFIRMED_PART
    this.embedder = input.embedder
    this.reranker = input.reranker
    this.skills = new SkillCatalog(input.skills, this.embedder)
    this.agents = input.agents.map((agent) => ({ agent, owned: new Set(agent.skillIds) }))
    this.agentIndex = new ProfileIndex(this.embedder)
    for (const agent of input.agents) {
      this.agentIndex.put(agent.id, textOfAgent(agent), sentencesOfAgent(agent))
    }
    // Begun at once, so that the first task finds what it can; failures are told to the task that they concern.
    void this.ready()
  }

  async ready(): Promise<void> {
    await this.skills.index.vectors?.ready()
    await this.agentIndex.vectors?.ready()
  }

  async addSkill(skill: SkillProfile): Promise<void> {
    if (this.skills.has(skill.id)) throw new RangeError(`There is a skill ${skill.id} already.`)
    await this.replaceSkill(skill)
  }

  async replaceSkill(skill: SkillProfile): Promise<void> {
    this.skills.put(skill)
    await this.skills.index.vectors?.ready()
  }

  removeSkill(skillId: string): void {
    this.skills.delete(skillId)
  }

  async analyse(task: string, options: AnalysisOptions = {}): Promise<Requirements> {
    return (await this.read(task, options)).requirements
  }

  async match(task: string, options: MatchOptions = {}): Promise<MatchResult> {
    const analysis = await this.read(task, options)
    const { requirements } = analysis
    const ranked = this.rank(task, analysis, options.among)
    const fitting = ranked.find(({ holdsAll, match }) => holdsAll && match.score >= this.threshold)
    const candidates = shortList(ranked, fitting, options.candidates ?? CANDIDATES)
    const best = (fitting ?? ranked[0])?.match
    const runnerUp = candidates.find((candidate) => candidate !== best)
    const margin = Math.max(0, (best?.score ?? 0) - (runnerUp?.score ?? 0))
    const outcome = this.outcomeOf(requirements, fitting, ranked[0])
    const { threshold, confirmLine } = this
    return {
      outcome,
      requirements,
      ...(outcome === 'agent' && best !== undefined && { agent: best }),
      matchScore: best?.score ?? 0,
      margin,
      ...(runnerUp !== undefined && { runnerUp }),
      candidates,
      threshold,
      confirmLine,
      reasons: reasonsFor({ outcome, requirements, best, margin, runnerUp, threshold, confirmLine }),
    }
  }

  private outcomeOf(
    { requiredSkills }: Requirements,
    fitting: RankedAgent | undefined,
    first: RankedAgent | undefined,
  ): Outcome {
    if (requiredSkills.length === 0) return 'no-skill'
    if (fitting === undefined) return 'no-agent'
    return fitting === first && fitting.match.score >= this.confirmLine ? 'agent' : 'confirm'
  }

  private async read(task: string, options: AnalysisOptions): Promise<Analysis> {
    const { byText, degraded } = await this.vectorsOf(task)
    const pool = this.skills.slotsOf(options.amongSkills)
    const search = new SkillSearch(this.skills.index, byText, pool)
    const embeddedSource: MatchSource = this.embedder?.remote === true ? 'endpoint' : 'embedded'
    let source: MatchSource = byText.size > 0 ? embeddedSource : 'lexical'
    const problems = degraded === undefined ? [] : [degraded]

    let whole = readWhole(task, search)
    if (this.reranker && whole.ranking.hits.length > 1) {
      const reranked = await this.reranked(this.reranker, task, whole)
      if ('failure' in reranked) problems.push(reranked.failure)
      else [whole, source] = [reranked.whole, 'endpoint']
    }
    const requirements: Requirements = {
      ...requirementsOf(task, whole, search, this.skills, this.threshold),
      source,
      ...(problems.length > 0 && { degraded: problems.join('; ') }),
    }
    return { requirements, whole, vectors: byText }
  }

  /** Vectors of the task's texts; none when the registry's are not there, so that all are compared in one way. */
  private async vectorsOf(task: string): Promise<Vectors> {
    const { embedder } = this
    const whole = wholeOf(task)
    if (embedder === undefined || queryTermsOf(whole).length === 0) return { byText: new Map() }
    const shelves = [this.skills.index.vectors, this.agentIndex.vectors]
    for (const shelf of shelves) await shelf?.ready(PATIENCE_MS)
    const missing = shelves.map((shelf) => shelf?.missing).find((reason) => reason !== undefined)
    if (missing !== undefined) return { byText: new Map(), degraded: missing }
    try {
      // The clauses are read by their words: another vector for each would take longer than all the rest.
      return { byText: new Map([[whole, await directionOf(embedder, [whole])]]) }
    } catch (error) {
      return { byText: new Map(), degraded: error instanceof Error ? error.message : String(error) }
    }
  }

  /** The whole task's reading with its first hits in the reranker's order; the scores stay with the places. */
  private async reranked(
    reranker: Reranker,
    task: string,
    whole: Reading,
  ): Promise<{ whole: Reading } | { failure: string }> {
    const { hits, scoreOf } = whole.ranking
    const slotById = new Map(hits.map(({ slot }) => [this.skills.profileAt(slot).id, slot]))
    const result = await rerank(
      reranker,
      task,
      hits.map(({ slot }) => {
        const { id, name, description } = this.skills.profileAt(slot)
        return { id, name, description }
      }),
    )
    if ('failure' in result) return result
    const inOrder = result.order.map((id) => hits.find(({ slot }) => slot === slotById.get(id))!)
    return { whole: { ...whole, ranking: { hits: inOrder, scoreOf } } }
  }

  private rank(task: string, analysis: Analysis, among: readonly string[] | undefined): RankedAgent[] {
    const { requirements, whole, vectors } = analysis
    const text = wholeOf(task)
    const query = queryTermsOf(text)
    if (query.length === 0) return []
    const { requiredSkills, missingSkills, facets, score } = requirements
    const wanted = among && new Set(among)
    const profiles = profileScores(this.agentIndex, text, vectors.get(text))
    const { topical } = this.agentIndex.terms.score(query)
    const shares = skillShares(whole.ranking, this.skills.index.slots)
    const certainty =
      requiredSkills.length < 2 ? score : Math.min(...requiredSkills.map((skill) => skill.score))

    const heldOf = (owned: ReadonlySet<string>): number => {
      if (requiredSkills.length > 1) {
        const held = requiredSkills.filter(({ skillId }) => owned.has(skillId)).length
        return held / (requiredSkills.length + missingSkills.length)
      }
      let sum = 0
      for (const id of owned) sum += shares.get(this.skills.index.slotOf(id) ?? -1) ?? 0
      return sum
    }
    const competing = this.agents.filter(({ agent }) => wanted?.has(agent.id) ?? true)
    const nearest = facets.flatMap(({ skills }) => skills)
    return rankAgents(
      { requiredSkills, missingSkills, nearest },
      competing.map(({ agent, owned }) => {
        const slot = this.agentIndex.slotOf(agent.id)!
        return {
          agent,
          owned,
          evidence: agentEvidence(profiles[slot]!, certainty, heldOf(owned)),
          profileTerms: topical[slot]! > 0 ? this.agentIndex.terms.matchedWords(query, slot) : [],
        }
      }),
    )
  }
}

/** The first candidates, the one that fits among them. */
const shortList = (ranked: readonly RankedAgent[], fitting: RankedAgent | undefined, count: number) => {
  const first = ranked.slice(0, count)
  if (fitting !== undefined && !first.includes(fitting)) first.splice(count - 1, 1, fitting)
  return first.map(({ match }) => match)
}

/** @throws RangeError when the threshold is not between 0 and 1. */
export const createMatcher = (input: MatcherInput): Matcher => new TaskMatcher(input)
