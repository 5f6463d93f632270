import { describe, expect, it } from 'vitest'
import type { Answer } from './answer.js'
import { auroc, figuresOf, type Labelled, macroMean } from './metrics.js'
import type { Label } from './suite.reading.js'

const row = (label: Partial<Label>, answer: Partial<Answer>): Labelled => ({
  label: { kind: 'single', gold: ['right'], tags: [], agents: [], ...label },
  answer: {
    suite: 's',
    id: 'q',
    ranking: ['right', 'wrong'],
    score: 0.9,
    skills: [],
    agent: null,
    agents: [],
    source: 'lexical',
    ms: 1,
    ...answer,
  },
})
const none: Partial<Label> = { kind: 'none', gold: [] }

describe('the figures of a suite', () => {
  it('counts the place of the right skill', () => {
    const figures = figuresOf(
      [row({}, {}), row({}, { ranking: ['wrong', 'right'] }), row({}, { ranking: ['wrong'] })],
      0.5,
    )
    expect(figures.top1).toBeCloseTo(1 / 3)
    expect(figures.recall5).toBeCloseTo(2 / 3)
    expect(figures.mrr).toBeCloseTo(0.5)
  })
  it('sets tasks that can be served apart from those that cannot', () => {
    const rows = [
      row({}, { score: 0.9 }),
      row({}, { score: 0.4 }),
      row({ ...none, tags: ['near-oos'] }, { score: 0.6 }),
      row(none, { score: 0.1 }),
    ]
    const figures = figuresOf(rows, 0.5)
    expect(figures.auroc).toBeCloseTo(0.75)
    expect(figures.aurocNear).toBeCloseTo(0.5)
    expect(figures.aurocFar).toBe(1)
    expect(figures.acceptedRight).toBe(0.5)
    expect(figures.rejected).toBe(0.5)
    expect(figures.decision).toBe(0.5)
    expect(figures.fpr95).toBe(0.5)
  })
  it('measures how far scores are from the truth', () => {
    expect(figuresOf([row({}, { score: 1 }), row(none, { score: 0 })], 0.5).ece).toBe(0)
    expect(figuresOf([row({ gold: ['other'] }, { score: 0.95 })], 0.5).ece).toBeCloseTo(0.95)
  })
  it('wants all skills of a task that needs several', () => {
    const multi: Partial<Label> = { kind: 'multi', gold: ['a', 'b'] }
    const figures = figuresOf(
      [
        row(multi, { ranking: ['a', 'x', 'b'], skills: ['a', 'b'] }),
        row(multi, { ranking: ['a'], skills: ['a'] }),
      ],
      0.5,
    )
    expect(figures.complete5).toBe(0.5)
    expect(figures.setF1).toBeCloseTo((1 + 2 / 3) / 2)
  })
  it('takes the first agent, for tasks with a skill and for tasks of an agent apart', () => {
    const figures = figuresOf(
      [
        row({ agents: ['amy'] }, { agents: ['amy', 'bob'] }),
        row({ kind: 'agent', gold: [], agents: ['bob'] }, { agents: ['amy', 'bob'] }),
      ],
      0.5,
    )
    expect(figures.agentBySkill).toBe(1)
    expect(figures.agentByProfile).toBe(0)
  })
  it('is not a number where there is nothing to measure', () => {
    const figures = figuresOf([], 0.5)
    expect(Object.values(figures).every(Number.isNaN)).toBe(true)
    expect(macroMean([figures, figuresOf([row({}, {})], 0.5)]).top1).toBe(1)
  })
})

describe('the area under the curve', () => {
  it('counts a tie as half', () => {
    expect(auroc([0.5, 0.5], [0.5])).toBe(0.5)
    expect(auroc([1, 0.6], [0.5, 0.7])).toBe(0.75)
  })
})
