import { RequestError } from '@guildhall/contracts'
import { type EntityManager, row } from '@guildhall/mysql'
import { FunctionCurrent } from './function.current.entity.js'
import { FunctionVersion } from './function.version.entity.js'

/** What may become a version. */
export interface Registrable extends Pick<FunctionVersion, 'source' | 'content' | 'files' | 'digest'> {
  /** Absent: the next number. */
  version?: string
}

/**
 * Stores a version unless there is one with these bytes, and makes it the current one.
 * @throws RequestError `function-version-taken`
 */
export async function storeVersion(
  manager: EntityManager,
  { version: named, ...registrable }: Registrable,
  { tenant, by }: { tenant: string; by: string },
): Promise<{ version: string; created: boolean }> {
  const { source, digest } = registrable
  // Whoever registers under this name at the same time waits here.
  await manager
    .createQueryBuilder()
    .insert()
    .into(FunctionCurrent)
    .values({ tenant, source, version: named ?? '' })
    .orUpdate(['source'], ['tenant', 'source'])
    .execute()
  const known = await manager.find(FunctionVersion, {
    where: { tenant, source },
    select: { version: true, digest: true },
  })
  const same = known.find((one) => one.digest === digest)
  const version = same?.version ?? named ?? nextNumber(known.map((one) => one.version))
  if (!same && known.some((one) => one.version === version)) {
    throw new RequestError(
      'function-version-taken',
      `${source} ${version} is registered already, with other bytes: give this one another version`,
    )
  }
  if (!same) {
    const stored = { ...registrable, tenant, version, registeredBy: by, registeredAt: new Date() }
    await manager.insert(FunctionVersion, row<FunctionVersion>(stored))
  }
  await manager.update(FunctionCurrent, { tenant, source }, { version })
  return { version, created: !same }
}

function nextNumber(versions: readonly string[]): string {
  return String(Math.max(0, ...versions.map(Number)) + 1)
}
