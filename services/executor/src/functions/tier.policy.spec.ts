import { describe, expect, it } from 'vitest'
import { asTierSettings, effectiveTier } from './tier.policy.js'

const bash = { name: 'bash', tier: 'ask' as const }

describe('tier of a function', () => {
  it('is what its definition says, unless the operator says otherwise, either way', () => {
    expect(effectiveTier(bash, {}, {})).toBe('ask')
    expect(effectiveTier(bash, { bash: 'allow' }, {})).toBe('allow')
    expect(effectiveTier(bash, { bash: 'deny' }, {})).toBe('deny')
  })

  it('takes more care where the agent says so, never less', () => {
    expect(effectiveTier(bash, {}, { bash: 'allow' })).toBe('ask')
    expect(effectiveTier(bash, { bash: 'allow' }, { bash: 'ask' })).toBe('ask')
    expect(effectiveTier(bash, { bash: 'deny' }, { bash: 'allow' })).toBe('deny')
  })

  it('goes by the longest name that fits', () => {
    const settings = { '*': 'deny', 'fs.*': 'ask', 'fs.read': 'allow' } as const
    const tierOf = (name: string) => effectiveTier({ name, tier: 'allow' }, settings, {})
    expect(['bash', 'fs.write', 'fs.read'].map(tierOf)).toEqual(['deny', 'ask', 'allow'])
  })

  it('is refused where it is no tier', () => {
    expect(asTierSettings({ bash: 'ask' })).toEqual({ bash: 'ask' })
    expect([{ bash: 'maybe' }, ['ask'], 'ask', null].map(asTierSettings)).toEqual(Array(4).fill(undefined))
  })
})
