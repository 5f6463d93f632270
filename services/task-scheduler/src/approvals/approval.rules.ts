import type {
  ApprovalDenial,
  ApprovalRules,
  ApprovalSettings,
  ApproverRoster,
  Approvers,
  AutoApproval,
} from '@guildhall/contracts'
import type { Roster } from './approval.entity.js'
import type { ApprovalFacts } from './approval.facts.js'
import { fitsPattern } from './name.pattern.js'

/** What holds where no policy says anything. */
export interface InstallationRules {
  deadlineMs: number
  requesterMayAnswer: boolean
}

/** What the policy says about one question. */
export interface ResolvedRules {
  /** Refuses it without asking, whatever else is said. */
  denial?: ApprovalDenial
  /** May approve it without asking, as far as their counts reach; first one first. */
  allowances: AutoApproval[]
  approvers: Approvers
  deadlineMs: number
  /** Further people, and after how long. */
  escalation?: Roster & { afterMs: number }
}

/** Denials first; then task, agent and tenant settings, each filling in what the one before leaves open. */
export function resolveRules(
  rules: ApprovalRules,
  facts: ApprovalFacts,
  installation: InstallationRules,
  now: Date,
): ResolvedRules {
  const layers = layersOf(rules, facts)
  const first = <K extends keyof ApprovalSettings>(name: K) =>
    layers.map((layer) => layer[name]).find((value) => value !== undefined)
  const denial = rules.deny?.find((rule) => isDeniedBy(rule, facts))
  const escalation = first('escalation')
  return {
    ...(denial && { denial }),
    allowances: layers.flatMap(({ allow = [] }) => allow.filter((rule) => isAllowedBy(rule, facts, now))),
    approvers: {
      ...rosterOf(first('approvers')),
      quorum: first('quorum') ?? 1,
      requesterMayAnswer: first('requesterMayAnswer') ?? installation.requesterMayAnswer,
    },
    deadlineMs: first('deadlineMs') ?? installation.deadlineMs,
    ...(escalation && { escalation: { ...rosterOf(escalation), afterMs: escalation.afterMs } }),
  }
}

/** Why the question could never be answered, or undefined when enough people may. */
export function problemOfApprovers(
  { roles, clients, quorum, requesterMayAnswer }: Approvers,
  further: Roster | undefined,
  requestedBy: string,
): string | undefined {
  // How many have a role is the router's knowledge.
  if (roles.length > 0 || (further && further.roles.length > 0)) return undefined
  const able = new Set([...clients, ...(further?.clients ?? [])])
  if (!requesterMayAnswer) able.delete(requestedBy)
  if (able.size >= quorum) return undefined
  return `${quorum} ${quorum === 1 ? 'person has' : 'people have'} to allow it, and ${able.size || 'nobody'} may`
}

function layersOf(rules: ApprovalRules, { taskId, agents }: ApprovalFacts): ApprovalSettings[] {
  return [
    ...(rules.tasks ?? []).filter(({ task }) => task === taskId),
    ...(rules.agents ?? []).filter(({ agent }) => agents.some((name) => fitsPattern(agent, name))),
    rules,
  ]
}

/** Without a roster whoever has the role may answer. */
export function rosterOf(roster: ApproverRoster = { roles: ['approver'] }): Roster {
  return { roles: [...new Set(roster.roles)], clients: [...new Set(roster.clients)] }
}

function isDeniedBy({ kinds, functions, agents }: ApprovalDenial, facts: ApprovalFacts): boolean {
  const names = (patterns: readonly string[] | undefined, of: readonly string[]) =>
    patterns === undefined || of.some((name) => patterns.some((pattern) => fitsPattern(pattern, name)))
  return (
    (kinds === undefined || kinds.includes(facts.kind)) &&
    names(functions, facts.functions) &&
    names(agents, facts.agents)
  )
}

function isAllowedBy(rule: AutoApproval, facts: ApprovalFacts, now: Date): boolean {
  const names = (patterns: readonly string[] | undefined, of: readonly string[]) =>
    patterns === undefined ||
    (of.length > 0 && of.every((name) => patterns.some((pattern) => fitsPattern(pattern, name))))
  return (
    rule.kinds.includes(facts.kind) &&
    now < new Date(rule.until) &&
    names(rule.functions, facts.functions) &&
    names(rule.agents, facts.agents)
  )
}
