const ways = ['summarise', 'leave-out'] as const

/**
 * What happens to the oldest turns of a conversation that no longer fits: the model summarises them, within the budget,
 * or their outputs and then they themselves are left out by rule. Where a summary fails the rule holds.
 */
export type LongConversations = (typeof ways)[number]

export function asLongConversations(value: unknown): LongConversations | undefined {
  return ways.find((way) => way === value)
}
