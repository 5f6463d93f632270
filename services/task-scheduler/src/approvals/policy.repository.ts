import { type ApprovalPolicyView, type ApprovalRules, RequestError } from '@guildhall/contracts'
import { affectedRows, type EntityManager, row } from '@guildhall/mysql'
import { present } from '../present.values.js'
import { ApprovalPolicyRecord, AutoApprovalCount } from './approval-policy.entity.js'

/** The rules that count for a tenant now; none when nobody ever set any. */
export async function newestRules(manager: EntityManager, tenant: string): Promise<ApprovalRules> {
  return (await newestRecord(manager, tenant))?.rules ?? {}
}

/** The version that counts, as administrators see it. */
export async function newestPolicy(manager: EntityManager, tenant: string): Promise<ApprovalPolicyView> {
  const found = await newestRecord(manager, tenant)
  const { version, rules, author, createdAt } = found ?? {
    version: 0,
    rules: {},
    author: null,
    createdAt: null,
  }
  const counts = await manager.findBy(AutoApprovalCount, { tenant })
  const uses = Object.fromEntries(counts.map((count) => [count.name, count.uses]))
  return { tenant, version, rules, uses, ...present({ author, createdAt: createdAt?.toISOString() }) }
}

/**
 * Adds the next version.
 * @param expectedVersion the newest one that its author knew.
 * @throws RequestError `approval-policy-changed` when another one is the newest.
 */
export async function addPolicy(
  manager: EntityManager,
  tenant: string,
  expectedVersion: number,
  rules: ApprovalRules,
  author: string,
): Promise<ApprovalPolicyView> {
  // Whoever holds version 0 is alone.
  const first = { tenant, version: 0, rules: {}, author: null, createdAt: null }
  await manager.createQueryBuilder().insert().into(ApprovalPolicyRecord).values(first).orIgnore().execute()
  await manager.findOneOrFail(ApprovalPolicyRecord, {
    where: { tenant, version: 0 },
    lock: { mode: 'pessimistic_write' },
  })
  const { version } = await newestPolicy(manager, tenant)
  if (version !== expectedVersion) {
    const message = `the policy is at version ${version}, not ${expectedVersion}: look at it again`
    throw new RequestError('approval-policy-changed', message)
  }
  const next = { tenant, version: version + 1, rules, author, createdAt: new Date() }
  await manager.insert(ApprovalPolicyRecord, row<ApprovalPolicyRecord>(next))
  return newestPolicy(manager, tenant)
}

/** Counts one use of a rule. @returns false, and counts nothing, when it was used up. */
export async function countUse(
  manager: EntityManager,
  tenant: string,
  { name, count }: { name: string; count: number },
): Promise<boolean> {
  const unused = { tenant, name, uses: 0 }
  await manager.createQueryBuilder().insert().into(AutoApprovalCount).values(unused).orIgnore().execute()
  const counted: unknown = await manager.query(
    'UPDATE auto_approvals SET uses = uses + 1 WHERE tenant = ? AND name = ? AND uses < ?',
    [tenant, name, count],
  )
  return affectedRows(counted) === 1
}

async function newestRecord(
  manager: EntityManager,
  tenant: string,
): Promise<ApprovalPolicyRecord | undefined> {
  const [newest] = await manager.find(ApprovalPolicyRecord, {
    where: { tenant },
    order: { version: 'DESC' },
    take: 1,
  })
  return newest
}
