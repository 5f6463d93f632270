import type { MatchSource } from '@guildhall/contracts'
import type { MatchResult, Requirements } from '@guildhall/matching'
import type { Catalog } from './catalog.js'
import { CatalogMatcher, type MatcherTools } from './catalog.matcher.js'
import type { EndpointEmbedder } from './endpoint.embedder.js'
import { EndpointMatcher } from './endpoint.matcher.js'
import { endpointTimeMs, withEndpointTime } from './endpoint.time.js'

/** The endpoint gets no more while the own vectors are being made: a matcher waits for them, too, for a while. */
const hurriedTimeMs = 1_000

/** The matchers that a process makes for each tenant; what they are made with is shared. */
export interface MatchingTools extends MatcherTools {
  endpointEmbedder?: EndpointEmbedder
}

/** A match with which matcher decided and, where it is not the one that the settings ask for, why. */
export interface SourcedMatch {
  result: MatchResult
  source: MatchSource
  degraded?: string
}

/** What a tenant's tasks are matched with. */
export class TenantMatcher {
  private readonly own: CatalogMatcher
  private readonly endpoint: EndpointMatcher | undefined
  private isReady = false

  constructor(catalog: Catalog, tools: MatchingTools) {
    const { endpointEmbedder, embedder, ...rest } = tools
    this.own = CatalogMatcher.of(catalog, { ...rest, ...(embedder && { embedder }) })
    this.endpoint = endpointEmbedder && new EndpointMatcher(endpointEmbedder, rest)
    this.noteReadiness()
  }

  get catalog(): Catalog {
    return this.own.catalog
  }

  /** Resolves when tasks are matched by this catalog; one at a time. */
  async follow(catalog: Catalog): Promise<void> {
    await this.own.follow(catalog)
    this.noteReadiness()
  }

  /** Which skills a text needs, whoever holds them. */
  async analyse(text: string): Promise<Requirements> {
    return (await this.match(text, [])).result.requirements
  }

  /**
   * Answers within 3.5 s, whatever the endpoint does.
   * @param among ids of the agents that may have the task
   */
  match(text: string, among: readonly string[]): Promise<SourcedMatch> {
    const timeMs = this.isReady ? endpointTimeMs : hurriedTimeMs
    return withEndpointTime(async () => {
      const byEndpoint = this.endpoint?.matcherOf(this.catalog)
      if (typeof byEndpoint !== 'object') return this.matchByOwn(text, among, byEndpoint)
      const result = await byEndpoint.match(text, { among })
      const { source, degraded } = result.requirements
      // Without the endpoint's vectors the matcher with those that ship with the product knows more.
      return source === 'lexical' ? this.matchByOwn(text, among, degraded) : sourced(result)
    }, timeMs)
  }

  private async matchByOwn(
    text: string,
    among: readonly string[],
    whyNotByEndpoint: string | undefined,
  ): Promise<SourcedMatch> {
    const result = await this.own.matcher.match(text, { among })
    return sourced(result, whyNotByEndpoint)
  }

  private noteReadiness(): void {
    this.isReady = false
    const { matcher } = this.own
    void matcher.ready().then(() => {
      if (matcher === this.own.matcher) this.isReady = true
    })
  }
}

function sourced(result: MatchResult, furtherProblem?: string): SourcedMatch {
  const { source, degraded } = result.requirements
  const problems = [furtherProblem, degraded].filter((problem) => problem !== undefined)
  return { result, source, ...(problems.length > 0 && { degraded: problems.join('; ') }) }
}
