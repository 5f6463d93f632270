import { type AgentConfig, type LongConversations, longConversationWays } from '@guildhall/contracts'
import { type AnswerDemand, compileSchema } from '@guildhall/models'
import { RunFailure } from '../runs/run.failure.js'

/**
 * What the agent's last answer must be; undefined for any text.
 * @throws RunFailure `invalid-agent`
 */
export function answerOf({ name, configuration }: AgentConfig): AnswerDemand | undefined {
  const schema = configuration['answerSchema']
  if (schema === undefined) return undefined
  if (typeof schema !== 'object' || schema === null) {
    throw new RunFailure('invalid-agent', `the answerSchema of agent ${name} must be a JSON Schema`)
  }
  try {
    compileSchema(schema)
  } catch (error) {
    throw new RunFailure('invalid-agent', `the answerSchema of agent ${name}: ${(error as Error).message}`)
  }
  return { schema }
}

/**
 * @param usual what holds where the agent's configuration says nothing
 * @throws RunFailure `invalid-agent`
 */
export function longConversationsOf(
  { name, configuration }: AgentConfig,
  usual: LongConversations,
): LongConversations {
  const own = configuration['longConversations'] ?? usual
  const way = longConversationWays.find((one) => one === own)
  if (way) return way
  const ways = longConversationWays.join(' or ')
  throw new RunFailure('invalid-agent', `the longConversations of agent ${name} must be ${ways}`)
}
