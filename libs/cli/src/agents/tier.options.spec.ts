import { describe, expect, it } from 'vitest'
import { collectTiers } from './tier.options.js'

describe('tiers on the command line', () => {
  it('are collected over all times that the option was given', () => {
    expect(collectTiers('bash=ask, fs.*=deny')).toEqual({ bash: 'ask', 'fs.*': 'deny' })
    expect(collectTiers('bash=deny', { bash: 'ask', 'fs.read': 'allow' })).toEqual({
      bash: 'deny',
      'fs.read': 'allow',
    })
  })

  it.each(['bash', 'bash=', 'bash=maybe', '=ask'])('are refused when they are %s', (text) => {
    expect(() => collectTiers(text)).toThrow('bash=ask')
  })
})
