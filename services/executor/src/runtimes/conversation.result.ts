import type { BudgetDimension, Conversation } from '@guildhall/models'
import { RunFailure } from '../runs/run.failure.js'
import { resultText } from './agent.runtime.js'

const budgets: Record<BudgetDimension, string> = {
  tokens: 'tokens',
  costUsd: 'cost',
  calls: 'model calls',
  wallMs: 'time',
}

/**
 * What the end of a conversation means for its run.
 *
 * @throws RunFailure with a code of its own for each ending but `completed` and `canceled`; the cause of a cancel
 */
export function resultOf(conversation: Conversation, maxTurns: number): string {
  switch (conversation.reason) {
    case 'completed':
      return resultText(
        conversation.value === undefined ? conversation.text : JSON.stringify(conversation.value),
      )
    case 'refused': {
      const said = resultText(conversation.text).slice(0, 1_000)
      throw new RunFailure('model-refused', `the model declined: ${said}`)
    }
    case 'output_limit':
      throw new RunFailure(
        'model-cut-off',
        'the model’s answer was cut off at its endpoint’s limit on output',
      )
    case 'invalid_output': {
      const message = `the model’s answer does not fit the schema that its agent asks for: ${conversation.problem}`
      throw new RunFailure('model-invalid-output', message)
    }
    case 'max_turns':
      throw new RunFailure('max-turns', `the model was not done after ${maxTurns} turns: split the task`)
    case 'budget_exhausted':
      throw new RunFailure(
        'budget-exhausted',
        `the run’s budget of ${budgets[conversation.dimension]} is used up: split the task, or give its agent more`,
      )
    case 'context_overflow':
      throw new RunFailure(
        'context-overflow',
        'the conversation no longer fits into the model’s context: split the task, or use a model with a larger one',
      )
    case 'endpoint_failed':
    case 'stalled': {
      const { code, message, retryable } = conversation.error
      throw new RunFailure(`model-${code}`, message, retryable)
    }
    case 'canceled':
      throw conversation.cause
  }
}
