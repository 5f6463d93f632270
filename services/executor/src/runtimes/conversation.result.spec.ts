import { type Conversation, type ConversationEnding, ModelError } from '@guildhall/models'
import { describe, expect, it } from 'vitest'
import { RunInterrupted } from '../runs/run.failure.js'
import { resultOf } from './conversation.result.js'

const after = (ending: ConversationEnding): Conversation => ({
  ...ending,
  turns: [],
  summaries: [],
  usage: { inputTokens: 0, outputTokens: 0 },
})

describe('the result of a conversation', () => {
  it('is the last answer, in canonical JSON where it was to be JSON', () => {
    expect(resultOf(after({ reason: 'completed', text: ' Done. ' }), 20)).toBe('Done.')
    expect(resultOf(after({ reason: 'completed', text: 'Here: {"a": 1}', value: { a: 1 } }), 20)).toBe(
      '{"a":1}',
    )
  })

  const error = new ModelError('stalled', true, 'silence')
  it.each<[ConversationEnding, string, boolean]>([
    [{ reason: 'refused', text: 'no' }, 'model-refused', false],
    [{ reason: 'output_limit', text: '' }, 'model-cut-off', false],
    [{ reason: 'invalid_output', text: '', problem: 'p' }, 'model-invalid-output', false],
    [{ reason: 'max_turns' }, 'max-turns', false],
    [{ reason: 'budget_exhausted', dimension: 'costUsd' }, 'budget-exhausted', false],
    [{ reason: 'context_overflow' }, 'context-overflow', false],
    [{ reason: 'stalled', error }, 'model-stalled', true],
    [
      { reason: 'endpoint_failed', error: new ModelError('unauthorized', false, 'no') },
      'model-unauthorized',
      false,
    ],
  ])('of $reason has a code of its own', (ending, code, retryable) => {
    expect(() => resultOf(after(ending), 20)).toThrow(expect.objectContaining({ code, retryable }))
  })

  it('is no failure when the run was interrupted', () => {
    const cause = new RunInterrupted('canceled')
    expect(() => resultOf(after({ reason: 'canceled', cause }), 20)).toThrow(cause)
  })
})
