import { functionSourcePattern } from '@guildhall/contracts'
import { type Database, type EntityManager, In } from '@guildhall/mysql'
import type { ClaimedRun } from '../../runs/run.entity.js'
import type { RunRepository } from '../../runs/run.repository.js'
import { customFunction } from '../custom/custom.function.js'
import type { FunctionDefinition } from '../function.definition.js'
import type { FunctionRegistry } from '../function.registry.js'
import { mcpFunctions } from '../mcp/mcp.function.js'
import { FunctionCurrent } from './function.current.entity.js'
import type { FunctionFolders } from './function.folders.js'
import { FunctionVersion } from './function.version.entity.js'

type StoredVersion = Pick<FunctionVersion, 'version' | 'digest' | 'content' | 'files'>
type AnyRegistered = FunctionDefinition<Record<string, unknown>>

/** The built-in functions with those that a tenant's operators registered. */
export class FunctionCatalog {
  constructor(
    private readonly builtIn: FunctionRegistry,
    private readonly database: Database,
    private readonly runs: RunRepository,
    private readonly folders: FunctionFolders,
  ) {}

  /** Those that a run would get which begins now. */
  async current(tenant: string, manager = this.database.manager): Promise<FunctionRegistry> {
    return this.builtIn.with(await this.load(manager, tenant, await currentVersions(manager, tenant)))
  }

  /**
   * Those of a run: it keeps the versions that were current when it began, wherever it goes on.
   * @throws RunInterrupted when somebody else holds it
   */
  async ofRun(run: ClaimedRun): Promise<FunctionRegistry> {
    const sources = new Set(run.request.agent.config.functions.flatMap((name) => sourceOf(name) ?? []))
    if (sources.size === 0) return this.builtIn
    const { tenant } = run.origin
    const versions = run.functionVersions ?? (await this.keep(run, [...sources]))
    return this.builtIn.with(
      await this.load(this.database.manager, tenant, new Map(Object.entries(versions))),
    )
  }

  private async keep(run: ClaimedRun, sources: readonly string[]): Promise<Record<string, string>> {
    const { tenant } = run.origin
    return this.runs.fenced(run.runId, async (tx) => {
      const versions = Object.fromEntries(await currentVersions(tx.manager, tenant, sources))
      await this.runs.keepVersions(tx, run.runId, versions)
      return (run.functionVersions = versions)
    })
  }

  private async load(
    manager: EntityManager,
    tenant: string,
    versions: ReadonlyMap<string, string>,
  ): Promise<AnyRegistered[]> {
    if (versions.size === 0) return []
    const wanted = [...versions].map(([source, version]) => ({ tenant, source, version }))
    const rows = await manager.find(FunctionVersion, { where: wanted, order: { source: 'ASC' } })
    return (await Promise.all(rows.map((row) => this.definitionsOf(row)))).flat()
  }

  /** The functions that one registered version is; its files lie on this machine then. */
  async definitionsOf({ version, digest, content, files }: StoredVersion): Promise<AnyRegistered[]> {
    const folder = Object.keys(files).length > 0 ? await this.folders.folderOf(digest, files) : undefined
    if ('mcp' in content) return mcpFunctions(content.mcp, { version, folder })
    if (folder === undefined) throw new Error('a custom function has files')
    return [customFunction(content.custom, { digest, folder })]
  }
}

async function currentVersions(
  manager: EntityManager,
  tenant: string,
  sources?: readonly string[],
): Promise<Map<string, string>> {
  const where = { tenant, ...(sources && { source: In([...sources]) }) }
  const rows = await manager.find(FunctionCurrent, { where })
  return new Map(rows.map(({ source, version }) => [source, version]))
}

/** What an operator registered so that there is this function; undefined of a built-in one. */
function sourceOf(name: string): string | undefined {
  const source = name.split('.').slice(0, 2).join('.')
  return functionSourcePattern.test(source) ? source : undefined
}
