/** From the least care to the most: call it, ask a person before each call, never call it. */
export const functionTiers = ['allow', 'ask', 'deny'] as const
export type FunctionTier = (typeof functionTiers)[number]

export function isFunctionTier(value: unknown): value is FunctionTier {
  return (functionTiers as readonly unknown[]).includes(value)
}

/** The one of these that takes the most care. */
export function strictestTier(first: FunctionTier, ...others: readonly FunctionTier[]): FunctionTier {
  return others.reduce(
    (strictest, tier) => (functionTiers.indexOf(tier) > functionTiers.indexOf(strictest) ? tier : strictest),
    first,
  )
}
