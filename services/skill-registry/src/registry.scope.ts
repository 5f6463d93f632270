import type { EntityManager } from '@guildhall/mysql'

/** Whose registry, and through which connection or transaction it is read and changed. */
export interface RegistryScope {
  manager: EntityManager
  tenant: string
}
