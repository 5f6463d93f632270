import { describe, expect, it } from 'vitest'
import { matchScore, matchScores } from './match-score.js'
import type { Evidence } from './matcher.js'

const evidence: Evidence = { lead: 0.2, margin: 0.1, topicalWords: 2, skillWords: 40, share: 0.5 }

describe.each([
  ['without vectors', evidence],
  ['with vectors', { ...evidence, similarity: 0.4 }],
])('the match score %s', (_, base) => {
  it('is a probability', () => {
    for (const lead of [-5, 0, 5]) {
      const score = matchScore({ ...base, lead, topicalWords: 0, skillWords: 0 })
      expect(score).toBeGreaterThan(0)
      expect(score).toBeLessThanOrEqual(1)
    }
  })
  it('rises with the lead and with the words that are shared', () => {
    expect(matchScore({ ...base, lead: 0.4 })).toBeGreaterThan(matchScore(base))
    expect(matchScore({ ...base, topicalWords: 4 })).toBeGreaterThan(matchScore(base))
  })
  it('falls with the length of a skill, which shares words with everything', () => {
    expect(matchScore({ ...base, skillWords: 4_000 })).toBeLessThan(matchScore(base))
  })
  it('is never higher for a later skill', () => {
    const [first, second] = matchScores([{ ...base, lead: 0.1 }, base])
    expect(second).toBe(first)
  })
})

it('rises with the similarity of meaning', () => {
  expect(matchScore({ ...evidence, similarity: 0.8 })).toBeGreaterThan(
    matchScore({ ...evidence, similarity: 0.2 }),
  )
})
