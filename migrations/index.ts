import {
  applyMigrations,
  type MigrationClass,
  type MigrationTarget,
  pendingMigrations,
} from '@guildhall/mysql'
import { AuditRecords1795305600000 } from './audit/0001-audit-records.js'
import { VerdictIndex1795392000000 } from './audit/0002-verdict-index.js'
import { RecordBlocks1795651200000 } from './audit/0003-record-blocks.js'
import { Runs1795305600000 } from './executor/0001-runs.js'
import { ModelBudgets1795420800000 } from './executor/0002-model-budgets.js'
import { Questions1795564800000 } from './executor/0003-questions.js'
import { RegisteredFunctions1795568400000 } from './executor/0004-registered-functions.js'
import { Delegation1795651200005 } from './executor/0005-delegation.js'
import { StepsBegun1795824000000 } from './executor/0006-steps-begun.js'
import { Clients1763800000001 } from './router/0001-clients.js'
import { TokensAndPolicies1795392000000 } from './router/0002-tokens-and-policies.js'
import { DeadLetters1795392000001 } from './router/0003-dead-letters.js'
import { ClientRights1795478400000 } from './router/0004-client-rights.js'
import { Registry1763800000003 } from './skill-registry/0001-registry.js'
import { SkillVersions1795478400000 } from './skill-registry/0002-skill-versions.js'
import { AgentLives1795478400001 } from './skill-registry/0003-agent-lives.js'
import { Choices1795478400004 } from './skill-registry/0004-choices.js'
import { Tasks1763800000002 } from './task-scheduler/0001-tasks.js'
import { Approvals1795478400002 } from './task-scheduler/0002-approvals.js'
import { RightsAndDelegation1795478400003 } from './task-scheduler/0003-rights-and-delegation.js'
import { RunUsage1795651200004 } from './task-scheduler/0004-run-usage.js'

/** The schema of one service and an account that may create tables there. */
export interface ServiceSchema extends MigrationTarget {
  service: string
  /** Class name of the last migration to apply; default: the newest. */
  last?: string
}

/** Append-only: a migration that was ever released is never changed, only followed by another. */
const migrationsOf: Readonly<Record<string, readonly MigrationClass[]>> = {
  router: [
    Clients1763800000001,
    TokensAndPolicies1795392000000,
    DeadLetters1795392000001,
    ClientRights1795478400000,
  ],
  'skill-registry': [
    Registry1763800000003,
    SkillVersions1795478400000,
    AgentLives1795478400001,
    Choices1795478400004,
  ],
  'task-scheduler': [
    Tasks1763800000002,
    Approvals1795478400002,
    RightsAndDelegation1795478400003,
    RunUsage1795651200004,
  ],
  executor: [
    Runs1795305600000,
    ModelBudgets1795420800000,
    Questions1795564800000,
    RegisteredFunctions1795568400000,
    Delegation1795651200005,
    StepsBegun1795824000000,
  ],
  audit: [AuditRecords1795305600000, VerdictIndex1795392000000, RecordBlocks1795651200000],
}

/** Services that have a schema. */
export const migratedServices: readonly string[] = Object.keys(migrationsOf)

/**
 * Brings the schema of a service up to date. Idempotent, prints nothing; several at once wait for each other.
 * @returns the names of the migrations applied now, oldest first.
 * @throws Error for a service without migrations, or without the last one; DatabaseUnavailableError when the schema cannot be reached.
 */
export async function migrate({ service, last, ...target }: ServiceSchema): Promise<string[]> {
  const migrations = migrationsFor(service)
  const end = last === undefined ? migrations.length : migrations.findIndex(({ name }) => name === last) + 1
  if (end === 0) throw new Error(`${service} has no migration ${last}`)
  return applyMigrations(target, migrations.slice(0, end))
}

/** The names of the migrations that `migrate` would apply; changes nothing. */
export async function pending({ service, ...target }: Omit<ServiceSchema, 'last'>): Promise<string[]> {
  return pendingMigrations(target, migrationsFor(service))
}

function migrationsFor(service: string): readonly MigrationClass[] {
  const migrations = migrationsOf[service]
  if (!migrations) throw new Error(`No migrations for "${service}": list them in migrations/index.ts`)
  return migrations
}
