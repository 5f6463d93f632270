import { createMatcher, type Embedder, type Matcher, type Reranker } from '@guildhall/matching'
import { agentProfiles, type Catalog, changesBetween, skillProfile } from './catalog.js'

/** From so many changed skills on a new matcher is made sooner than the old one is changed. */
const mostReplaced = 32

/** What a matcher is made with, beside the catalog. */
export interface MatcherTools {
  threshold: number
  embedder?: Embedder
  reranker?: Reranker
}

/** A matcher that follows the changes of a catalog. */
export class CatalogMatcher {
  private constructor(
    private readonly tools: MatcherTools,
    /** What the matcher knows. */
    public catalog: Catalog,
    public matcher: Matcher,
  ) {}

  static of(catalog: Catalog, tools: MatcherTools): CatalogMatcher {
    return new CatalogMatcher(tools, catalog, build(catalog, tools))
  }

  /** Resolves when the matcher knows this catalog; one at a time. */
  async follow(catalog: Catalog): Promise<void> {
    const { removed, replaced, agentsChanged } = changesBetween(this.catalog, catalog)
    if (agentsChanged || replaced.length > mostReplaced) {
      this.matcher = build(catalog, this.tools)
    } else {
      for (const name of removed) this.matcher.removeSkill(name)
      for (const skill of replaced) await this.matcher.replaceSkill(skillProfile(skill))
    }
    this.catalog = catalog
  }
}

function build(catalog: Catalog, tools: MatcherTools): Matcher {
  return createMatcher({ ...tools, skills: catalog.skills.map(skillProfile), agents: agentProfiles(catalog) })
}
