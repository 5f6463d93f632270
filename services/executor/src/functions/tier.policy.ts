import { type FunctionTier, isFunctionTier, strictestTier } from '@guildhall/contracts'

/** Tiers by function name, or for all that begin alike: `fs.*`, `*`. */
export type TierSettings = Readonly<Record<string, FunctionTier>>

/**
 * How much care a call takes: what the operator says of the function, else what its definition says, and never less than
 * what the agent's configuration says.
 */
export function effectiveTier(
  { name, tier }: { name: string; tier: FunctionTier },
  operators: TierSettings,
  agents: TierSettings,
): FunctionTier {
  return strictestTier(settingFor(name, operators) ?? tier, settingFor(name, agents) ?? 'allow')
}

/** Tiers as somebody wrote them, or undefined when they are none. */
export function asTierSettings(value: unknown): TierSettings | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.values(value).every(isFunctionTier) ? (value as TierSettings) : undefined
}

/** The longest name that fits says it. */
function settingFor(name: string, settings: TierSettings): FunctionTier | undefined {
  const fitting = Object.keys(settings).filter(
    (key) => key === name || (key.endsWith('*') && name.startsWith(key.slice(0, -1))),
  )
  const longest = fitting.sort((one, other) => other.length - one.length)[0]
  return longest === undefined ? undefined : settings[longest]
}
