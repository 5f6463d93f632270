import type { RegistryScope } from './registry.scope.js'

/**
 * Locks the tenant's registry until the transaction ends, so that versions and names are given out one at a time.
 * Call it before the first read that a change depends on.
 */
export async function lockRegistry({ manager, tenant }: RegistryScope): Promise<void> {
  // A plain INSERT IGNORE would take a shared lock first, which two writers cannot both turn into an exclusive one.
  await manager.query(
    'INSERT INTO registries (tenant, revision) VALUES (?, 0) ON DUPLICATE KEY UPDATE revision = revision',
    [tenant],
  )
}

/** Makes every process build its matcher anew once the transaction has committed. */
export async function markChanged({ manager, tenant }: RegistryScope): Promise<void> {
  await manager.query('UPDATE registries SET revision = revision + 1 WHERE tenant = ?', [tenant])
}

/** Grows with each change to what is matched; 0 for a tenant that never registered anything. */
export async function readRevision({ manager, tenant }: RegistryScope): Promise<number> {
  const [row]: { revision: unknown }[] = await manager.query(
    'SELECT revision FROM registries WHERE tenant = ?',
    [tenant],
  )
  return Number(row?.revision ?? 0)
}
