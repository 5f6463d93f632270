import type { ApprovalRules, ApprovalSettings, ApproverRoster, RefusalCode } from '@guildhall/contracts'
import { rosterOf } from './approval.rules.js'

export interface PolicyProblem {
  code: Extract<RefusalCode, 'no-approvers' | 'approval-policy-invalid'>
  message: string
}

/** What is wrong with the rules of a policy as a whole; a roster with nobody in it is never taken. */
export function problemOfPolicy(rules: ApprovalRules): PolicyProblem | undefined {
  const places: [string, ApprovalSettings][] = [
    ['the tenant', rules],
    ...(rules.agents ?? []).map((one): [string, ApprovalSettings] => [`agent ${one.agent}`, one]),
    ...(rules.tasks ?? []).map((one): [string, ApprovalSettings] => [`task ${one.task}`, one]),
  ]
  for (const [place, settings] of places) {
    const message = problemOfSettings(settings, rules)
    if (message !== undefined) return { code: 'no-approvers', message: `${place}: ${message}` }
  }
  const names = [...(rules.deny ?? []), ...places.flatMap(([, { allow = [] }]) => allow)].map(
    ({ name }) => name,
  )
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined
    ? undefined
    : { code: 'approval-policy-invalid', message: `two rules are named ${twice}` }
}

function problemOfSettings(settings: ApprovalSettings, tenant: ApprovalSettings): string | undefined {
  const { approvers = tenant.approvers, escalation = tenant.escalation } = settings
  const quorum = settings.quorum ?? tenant.quorum ?? 1
  if (isEmpty(settings.approvers)) return 'approvers names neither clients nor roles: nobody could answer'
  if (isEmpty(settings.escalation)) return 'escalation names neither clients nor roles: nobody could be asked'
  const able = rosterOf(approvers)
  const further = escalation ? rosterOf(escalation) : { roles: [], clients: [] }
  if (able.roles.length > 0 || further.roles.length > 0) return undefined
  const count = new Set([...able.clients, ...further.clients]).size
  return count < quorum ? `a quorum of ${quorum} cannot be reached by ${count} clients` : undefined
}

function isEmpty(roster: ApproverRoster | undefined): boolean {
  return roster !== undefined && !roster.clients?.length && !roster.roles?.length
}
