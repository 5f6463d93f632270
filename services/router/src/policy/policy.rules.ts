import type { ClientIdentity, DenyRule, NamedLimits, PolicyLimits, PolicyView } from '@guildhall/contracts'

/** Limits with nothing left open. */
export type Limits = Required<PolicyLimits>

/** What holds where the policy says nothing: far above what people do, far below what drowns the services. */
export const defaultLimits = {
  perClient: { ratePerSecond: 1_000, burst: 5_000, waitingTasks: 10_000 },
  perTenant: { ratePerSecond: 5_000, burst: 20_000, waitingTasks: 50_000 },
} as const satisfies Record<string, Limits>

/** One version of the policy, ready to be applied. */
export class Policy {
  readonly version: number
  readonly #perClient: Limits
  readonly #perTenant: Limits
  readonly #clients: ReadonlyMap<string, Limits>
  readonly #tenants: ReadonlyMap<string, Limits>
  readonly #denials: readonly { rule: DenyRule; client: RegExp; tenant: RegExp; type: RegExp }[]

  constructor({ version, rules }: Pick<PolicyView, 'version' | 'rules'>) {
    this.version = version
    this.#perClient = completed(defaultLimits.perClient, rules.perClient)
    this.#perTenant = completed(defaultLimits.perTenant, rules.perTenant)
    this.#clients = byName(rules.clients, this.#perClient)
    this.#tenants = byName(rules.tenants, this.#perTenant)
    this.#denials = (rules.deny ?? []).map((rule) => ({
      rule,
      client: patternOf(rule.client),
      tenant: patternOf(rule.tenant),
      type: patternOf(rule.type),
    }))
  }

  /**
   * Why this client may not say this, or undefined when no rule is against it. No rule reaches `policy.get` and
   * `policy.set`: else one that fits everybody could never be taken back.
   */
  denialOf({ id, tenant }: ClientIdentity, type: string): string | undefined {
    if (this.#denials.length === 0 || type === 'policy.get' || type === 'policy.set') return undefined
    const denial = this.#denials.find(
      (one) => one.type.test(type) && one.client.test(id) && one.tenant.test(tenant),
    )
    return denial && `the policy denies it${denial.rule.reason ? `: ${denial.rule.reason}` : ''}`
  }

  /** What the client and its tenant as a whole may do. */
  limitsOf({ id, tenant }: ClientIdentity): { client: Limits; tenant: Limits } {
    return {
      client: this.#clients.get(id) ?? this.#perClient,
      tenant: this.#tenants.get(tenant) ?? this.#perTenant,
    }
  }
}

/** What holds before the table was read: denies nothing that the topology allows. */
export const builtInPolicy = new Policy({ version: 0, rules: {} })

function byName(limits: readonly NamedLimits[] = [], wider: Limits): Map<string, Limits> {
  return new Map(limits.map((own) => [own.name, completed(wider, own)]))
}

function completed(wider: Limits, own: PolicyLimits = {}): Limits {
  return {
    ratePerSecond: own.ratePerSecond ?? wider.ratePerSecond,
    burst: own.burst ?? wider.burst,
    waitingTasks: own.waitingTasks ?? wider.waitingTasks,
  }
}

function patternOf(text = '*'): RegExp {
  const parts = text.split('*').map((part) => part.replaceAll('.', '\\.'))
  return new RegExp(`^${parts.join('.*')}$`)
}
