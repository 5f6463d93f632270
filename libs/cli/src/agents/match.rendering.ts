import type { MatchExplained, MatchSummary, SkillNearness } from '@guildhall/contracts'
import { renderAgentRef } from '../tasks/task.rendering.js'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { listed, printable, score, scoreAgainst, shorten, wrap } from '../terminal/text.js'

const sourceNames = {
  lexical: 'words',
  embedded: 'words and sentence vectors',
  endpoint: 'words and the endpoint',
} as const

/** What the matcher makes of a text: its parts, the skills for each, who holds them, and what that comes to. */
export function renderExplanation(explained: MatchExplained, paint: Paint): string {
  const outcome = {
    agent: paint('green', 'an agent fits'),
    confirm: paint('yellow', 'an agent may fit: a person would be asked'),
    'no-agent': paint('yellow', 'the skills exist, no agent holds them: a new one would be proposed'),
    'no-skill': paint('red', 'no agent: skills are missing'),
  }[explained.outcome]
  return [
    renderFacets(explained, paint),
    ...renderCandidates(explained, paint),
    ...renderNearness(explained, paint),
    renderVerdict(explained.match, paint),
    '',
    outcome,
  ].join('\n')
}

/** One row for each part of the text and each skill that is near to it, with those who hold the skill. */
function renderFacets({ facets, candidates }: MatchExplained, paint: Paint): string {
  if (facets.length === 0) return 'The text has nothing that could be matched with a skill.\n'
  const holders = (skill: string) =>
    candidates.filter(({ skills }) => skills.includes(skill)).map(({ name }) => name)
  const rows = facets.flatMap(({ text, covered, skills }) => {
    const sign = covered ? paint('green', '✔') : paint('red', '✖')
    const part = `${sign} ${shorten(text, 34)}`
    if (skills.length === 0) return [[part, '–', '', '', '']]
    return skills.map((skill, place) => [
      place === 0 ? part : '',
      shorten(skill.name, 26),
      score(skill.score),
      skill.similarity === undefined ? '–' : score(skill.similarity),
      shorten(listed(holders(skill.name)), 24),
    ])
  })
  return `${renderTable(['what is asked for', 'skill', 'score', 'likeness', 'agents'], rows, paint)}\n`
}

function renderCandidates({ candidates }: MatchExplained, paint: Paint): string[] {
  if (candidates.length === 0) return []
  const rows = candidates.map(({ name, matchScore, coverage }) => [
    shorten(name, 30),
    score(matchScore),
    `${Math.round(coverage * 100)} %`,
  ])
  return [renderTable(['agent', 'score', 'of what is needed'], rows, paint), '']
}

/** Why the first skill of each part is near to it. */
function renderNearness({ facets }: MatchExplained, paint: Paint): string[] {
  const first = new Map<string, SkillNearness>()
  for (const { skills } of facets) {
    const [nearest] = skills
    if (nearest && !first.has(nearest.name)) first.set(nearest.name, nearest)
  }
  return [...first.values()].flatMap(({ name, matchedTerms, nearestExample }) => {
    const pairs: [string, string | undefined][] = [
      ['words', matchedTerms.length > 0 ? wrap(listed(matchedTerms), 76).join('\n') : undefined],
      ['example', nearestExample === undefined ? undefined : `“${shorten(nearestExample, 74)}”`],
    ]
    if (pairs.every(([, value]) => value === undefined)) return []
    return [paint('bold', printable(name)), renderPairs(pairs, paint), '']
  })
}

function renderVerdict(match: MatchSummary, paint: Paint): string {
  const { threshold, confirmBelow, runnerUp, source, degraded } = match
  const next = runnerUp && `${printable(runnerUp.name)} ${score(runnerUp.matchScore)}`
  const lines = match.reasons.flatMap((reason) => wrap(reason, 84))
  return renderPairs(
    [
      ['skills', listed(match.requiredSkills)],
      ['missing', match.missingSkills.length > 0 ? listed(match.missingSkills) : undefined],
      ['agent', match.agent ? renderAgentRef(match.agent, paint) : 'none'],
      ['score', `${scoreAgainst(match.matchScore, threshold)}, ${score(match.margin)} before the next`],
      ['next', next],
      ['to be sure', confirmBelow === undefined ? undefined : score(confirmBelow)],
      ['by', source && sourceNames[source]],
      ['but', degraded && wrap(degraded, 84).join('\n')],
      ['why', lines.length > 0 ? lines.join('\n') : undefined],
    ],
    paint,
  )
}
