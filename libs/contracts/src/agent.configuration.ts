import { Type } from 'class-transformer'
import { IsIn, IsObject, IsOptional, ValidateNested } from 'class-validator'
import type { FunctionTier } from './function.tiers.js'
import { Budget } from './rights.js'

export const longConversationWays = ['summarise', 'leave-out'] as const
/**
 * What happens to the oldest turns of a conversation that no longer fits: the model summarises them, within the budget,
 * or their outputs and then they themselves are left out by rule. Where a summary fails the rule holds.
 */
export type LongConversations = (typeof longConversationWays)[number]

/** What is read of an agent's `configuration` when it works. */
export class AgentConfiguration {
  /** `allow`, `ask` or `deny` by function, or for all that begin alike (`fs.*`, `*`); never less careful than without. */
  @IsOptional()
  @IsObject()
  tiers?: Record<string, FunctionTier>

  /** JSON Schema of one object: what the last answer must be. Only for `llm`. */
  @IsOptional()
  @IsObject()
  answerSchema?: object

  /** Default: as the executor is set. Only for `llm`. */
  @IsOptional()
  @IsIn(longConversationWays)
  longConversations?: LongConversations

  /** What one run may use of models at most; `calls` are requests to them, `wallMs` counts while it works. Only for `llm`. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Budget)
  budget?: Budget
}
