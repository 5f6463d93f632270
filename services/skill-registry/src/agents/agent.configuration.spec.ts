import type { AgentConfiguration } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { problemOfConfiguration } from './agent.configuration.js'

describe('the configuration of an agent', () => {
  it.each<[AgentConfiguration]>([
    [{}],
    [{ tiers: { bash: 'ask', 'fs.*': 'deny' }, longConversations: 'leave-out', budget: { calls: 3 } }],
    [{ answerSchema: { type: 'object', properties: { lines: { type: 'integer' } } } }],
  ])('can be %j', (configuration) => {
    expect(problemOfConfiguration(configuration)).toBeUndefined()
  })

  it.each([
    [{ tiers: { bash: 'maybe' as 'ask' } }, /tier of "bash" must be/],
    [{ answerSchema: { type: 'lines' } }, /answerSchema: .*cannot be used/],
  ])('cannot be %j', (configuration, problem) => {
    expect(problemOfConfiguration(configuration)).toMatch(problem)
  })
})
