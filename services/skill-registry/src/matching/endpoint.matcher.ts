import type { Matcher } from '@guildhall/matching'
import { CatalogMatcher, type MatcherTools } from './catalog.matcher.js'
import type { Catalog } from './catalog.js'
import type { EndpointEmbedder } from './endpoint.embedder.js'
import { outsideEndpointTime } from './endpoint.time.js'

/** After a failure the vectors of a registry are asked for again no sooner. */
const restMs = 30_000

/**
 * The matcher with an endpoint's vectors. They are made in the background, since that takes as long as it takes; until
 * they are there, and after a failure, somebody else answers.
 */
export class EndpointMatcher {
  private made: CatalogMatcher | undefined
  private isMaking = false
  private restsUntil = -Infinity

  constructor(
    private readonly embedder: EndpointEmbedder,
    private readonly tools: Omit<MatcherTools, 'embedder'>,
  ) {}

  /** The matcher of this catalog, or why there is none now, in words. */
  matcherOf(catalog: Catalog): Matcher | string {
    if (this.made?.catalog === catalog && !this.isMaking) return this.made.matcher
    if (this.isMaking) return 'the vectors of the endpoint are being made'
    if (performance.now() < this.restsUntil) return 'the endpoint did not make the vectors of the skills'
    void outsideEndpointTime(() => this.make(catalog))
    return 'the vectors of the endpoint are being made'
  }

  private async make(catalog: Catalog): Promise<void> {
    this.isMaking = true
    const { failures } = this.embedder
    try {
      if (this.made) await this.made.follow(catalog)
      else this.made = CatalogMatcher.of(catalog, { ...this.tools, embedder: this.embedder })
      await this.made.matcher.ready()
      if (this.embedder.failures > failures) this.rest()
    } catch {
      // Whatever it was: it stands in `degraded`, and the next try makes everything anew.
      this.rest()
    } finally {
      this.isMaking = false
    }
  }

  private rest(): void {
    this.made = undefined
    this.restsUntil = performance.now() + restMs
  }
}
