import { describe, expect, it } from 'vitest'
import { taskRun } from '../runs/run.fixture.js'
import { answerOf, longConversationsOf } from './agent.configuration.js'

const configWith = (configuration: Record<string, unknown>) => taskRun([], {}, { configuration }).agent.config

describe('what an agent’s configuration says of its conversations', () => {
  it('is as usual where it says nothing', () => {
    expect(answerOf(configWith({}))).toBeUndefined()
    expect(longConversationsOf(configWith({}), 'summarise')).toBe('summarise')
  })

  it('holds where it says something', () => {
    const schema = { type: 'object' }
    expect(answerOf(configWith({ answerSchema: schema }))).toEqual({ schema })
    expect(longConversationsOf(configWith({ longConversations: 'leave-out' }), 'summarise')).toBe('leave-out')
  })

  it.each([['a poem'], [null], [{ type: 'poem' }]])(
    'fails the run when the answer must be %j',
    (answerSchema) => {
      expect(() => answerOf(configWith({ answerSchema }))).toThrow(
        expect.objectContaining({ code: 'invalid-agent', message: expect.stringMatching(/answerSchema/) }),
      )
    },
  )

  it('fails the run when nobody knows what to do with long conversations', () => {
    expect(() => longConversationsOf(configWith({ longConversations: 'forget' }), 'summarise')).toThrow(
      expect.objectContaining({ code: 'invalid-agent' }),
    )
  })
})
