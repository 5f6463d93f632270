import type { MatchExplained } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { renderExplanation } from './match.rendering.js'

const plain = (_colour: unknown, text: string) => text
const licences = {
  name: 'package-licences',
  score: 0.91,
  matchedTerms: ['licences', 'npm'],
  similarity: 0.734,
  nearestExample: 'Which licences do our packages have?\u001b[31m',
}
const explained: MatchExplained = {
  outcome: 'confirm',
  match: {
    matchId: 'm',
    matchScore: 0.55,
    threshold: 0.5,
    confirmBelow: 0.65,
    margin: 0.2,
    requiredSkills: ['package-licences'],
    missingSkills: ['fold a swan'],
    reasons: ['The task needs the skill package-licences.'],
    runnerUp: { name: 'helper', matchScore: 0.35 },
    source: 'embedded',
    degraded: 'the endpoint did not answer',
  },
  facets: [
    { text: 'report the licences', covered: true, skills: [licences] },
    { text: 'fold a swan', covered: false, skills: [] },
  ],
  candidates: [{ name: 'clerk', matchScore: 0.55, coverage: 0.5, skills: ['package-licences'] }],
}

describe('the explanation of a match', () => {
  const text = renderExplanation(explained, plain)
  const lineWith = (words: string) => text.split('\n').find((line) => line.includes(words))

  it('leads from the parts of the text over skills to agents', () => {
    expect(lineWith('✔ report the licences')).toMatch(/package-licences +0\.91 +0\.73 +clerk$/)
    expect(lineWith('✖ fold a swan')).toMatch(/✖ fold a swan +–$/)
    expect(text).toMatch(/clerk +0\.55 +50 %/)
  })

  it('shows words, the nearest example, the lead, what was needed, and which matcher decided', () => {
    expect(lineWith('words  ')).toMatch(/licences, npm/)
    expect(lineWith('example')).toMatch(/“Which licences do our packages have\?”/)
    expect(lineWith('before the next')).toMatch(/score +0\.55 \(needs 0\.50\), 0\.20 before the next/)
    expect(lineWith('to be sure')).toMatch(/0\.65/)
    expect(lineWith('next  ')).toMatch(/helper 0\.35/)
    expect(lineWith('by  ')).toMatch(/words and sentence vectors/)
    expect(lineWith('but  ')).toMatch(/the endpoint did not answer/)
    expect(text).toMatch(/an agent may fit: a person would be asked$/)
  })

  it('says so when there is nothing to match', () => {
    const nothing = { ...explained, outcome: 'no-skill' as const, facets: [], candidates: [] }
    expect(renderExplanation(nothing, plain)).toMatch(/^The text has nothing that could be matched/)
  })
})
