import { Inject, Injectable } from '@nestjs/common'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRegistryConfig } from '../skill-registry.config.js'
import { CatalogReader, type ReadCatalog } from './catalog.reader.js'
import { matchingTools } from './matcher.tools.js'
import { TenantMatcher } from './tenant.matcher.js'

const tenantsKept = 50

interface Entry {
  catalog: ReadCatalog
  matcher: TenantMatcher
}

/** Keeps a matcher for each tenant and tells it what changed in the tenant's registry, in whichever process. */
@Injectable()
export class MatcherCache {
  private readonly entries = new Map<string, Entry>()
  private readonly refreshing = new Map<string, Promise<Entry>>()
  private readonly tools

  constructor(
    @Inject(CatalogReader) private readonly reader: CatalogReader,
    @Inject(SkillRegistryConfig) config: SkillRegistryConfig,
  ) {
    this.tools = matchingTools(config)
  }

  /** The tenant's matcher, knowing at least what was committed before the call; outside of transactions. */
  async matcherFor(scope: RegistryScope): Promise<TenantMatcher> {
    const { tenant } = scope
    const revision = await this.reader.revision(scope)
    for (;;) {
      const known = this.entries.get(tenant)
      if (known && known.catalog.revision >= revision) return this.keep(tenant, known).matcher
      const running = this.refreshing.get(tenant)
      if (running) await running
      else await this.refresh(scope, known)
    }
  }

  private refresh(scope: RegistryScope, known: Entry | undefined): Promise<Entry> {
    const { tenant } = scope
    const refreshed = this.read(scope, known)
      .then((entry) => this.keep(tenant, entry))
      .finally(() => this.refreshing.delete(tenant))
    this.refreshing.set(tenant, refreshed)
    return refreshed
  }

  private async read(scope: RegistryScope, known: Entry | undefined): Promise<Entry> {
    const catalog = await this.reader.read(scope, known?.catalog)
    if (!known) return { catalog, matcher: new TenantMatcher(catalog, this.tools) }
    try {
      await known.matcher.follow(catalog)
    } catch (error) {
      // Half of the changes may have come through: the next task gets a new matcher.
      this.entries.delete(scope.tenant)
      throw error
    }
    return { catalog, matcher: known.matcher }
  }

  /** Puts the entry last in line and lets go of the one that was used longest ago. */
  private keep(tenant: string, entry: Entry): Entry {
    this.entries.delete(tenant)
    this.entries.set(tenant, entry)
    const [oldest] = this.entries.keys()
    if (this.entries.size > tenantsKept && oldest !== undefined) this.entries.delete(oldest)
    return entry
  }
}
