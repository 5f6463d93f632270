import { type PolicyRules, type PolicyView, RequestError } from '@guildhall/contracts'
import type { EntityManager } from '@guildhall/mysql'
import { row } from '@guildhall/mysql'
import { PolicyRecord } from './policy.entity.js'

/** The version that counts. */
export async function readNewestPolicy(manager: EntityManager): Promise<PolicyView> {
  const [newest] = await manager.find(PolicyRecord, { order: { version: 'DESC' }, take: 1 })
  if (!newest) throw new Error('The table of policies lacks version 0: it is not migrated')
  return policyView(newest)
}

/**
 * Adds the next version.
 * @param expectedVersion the newest one that its author knew.
 * @throws RequestError `policy-changed` when another one is the newest.
 */
export async function addPolicy(
  manager: EntityManager,
  expectedVersion: number,
  rules: PolicyRules,
  author: string,
): Promise<PolicyView> {
  // Version 0 is always there, and whoever holds it is alone.
  await manager.findOneOrFail(PolicyRecord, { where: { version: 0 }, lock: { mode: 'pessimistic_write' } })
  const { version } = await readNewestPolicy(manager)
  if (version !== expectedVersion) {
    const message = `The policy is at version ${version}, not ${expectedVersion}: look at it again.`
    throw new RequestError('policy-changed', message)
  }
  const next = { version: version + 1, rules, author, createdAt: new Date() }
  await manager.insert(PolicyRecord, row<PolicyRecord>(next))
  return policyView(next)
}

function policyView({ version, rules, author, createdAt }: PolicyRecord): PolicyView {
  return {
    version,
    rules,
    ...(author !== null && { author }),
    ...(createdAt !== null && { createdAt: createdAt.toISOString() }),
  }
}
