import type { Answer } from './answer.js'
import type { Label } from './suite.reading.js'

export interface Labelled {
  answer: Answer
  label: Label
}

/** Figures of one suite, 0 to 1; NaN where the suite has nothing to measure it with. */
export type Figures = Record<(typeof figureNames)[number], number>

export const figureNames = [
  'top1',
  'recall5',
  'mrr',
  'complete5',
  'setF1',
  'auroc',
  'aurocNear',
  'aurocFar',
  'fpr95',
  'acceptedRight',
  'rejected',
  'decision',
  'ece',
  'agentBySkill',
  'agentByProfile',
  'agentRejected',
] as const

const rankedDeep = 10
const bins = 10

/** @param threshold the score from which a task counts as accepted */
export function figuresOf(rows: readonly Labelled[], threshold: number): Figures {
  const ofKind = (...kinds: Label['kind'][]) => rows.filter(({ label }) => kinds.includes(label.kind))
  const single = ofKind('single')
  const multi = ofKind('multi')
  const matchable = ofKind('single', 'multi')
  const none = ofKind('none')
  const near = none.filter(({ label }) => label.tags.includes('near-oos'))
  const far = none.filter(({ label }) => !label.tags.includes('near-oos'))
  const scores = (some: readonly Labelled[]) => some.map(({ answer }) => answer.score)
  const accepted = scores(matchable).toSorted((a, b) => a - b)[Math.floor(matchable.length * 0.05)] ?? NaN
  const acceptedRight = meanOf(matchable, (row) => Number(isRight(row) && row.answer.score >= threshold))
  const rejected = meanOf(none, ({ answer }) => Number(answer.score < threshold))
  const namesRightAgent = ({ answer, label }: Labelled) =>
    Number(label.agents.includes(answer.agents[0] ?? ''))
  const withAgents = (some: readonly Labelled[]) => some.filter(({ label }) => label.agents.length > 0)
  const anyAgents = rows.some(({ answer }) => answer.agents.length > 0)
  return {
    top1: meanOf(single, (row) => Number(isRight(row))),
    recall5: meanOf(single, (row) => Number(placeOf(row) < 5)),
    mrr: meanOf(single, (row) => (placeOf(row) < rankedDeep ? 1 / (1 + placeOf(row)) : 0)),
    complete5: meanOf(multi, ({ answer, label }) =>
      Number(label.gold.every((id) => answer.ranking.slice(0, 5).includes(id))),
    ),
    setF1: meanOf(multi, ({ answer, label }) => f1(answer.skills, label.gold)),
    auroc: auroc(scores(matchable), scores(none)),
    aurocNear: auroc(scores(matchable), scores(near)),
    aurocFar: auroc(scores(matchable), scores(far)),
    fpr95: meanOf(none, ({ answer }) => Number(answer.score >= accepted)),
    acceptedRight,
    rejected,
    decision: (acceptedRight + rejected) / 2,
    ece: calibrationError([...matchable, ...none]),
    agentBySkill: meanOf(withAgents(matchable), namesRightAgent),
    agentByProfile: meanOf(withAgents(ofKind('agent')), namesRightAgent),
    agentRejected: anyAgents ? meanOf(none, ({ answer }) => Number(answer.agent === null)) : NaN,
  }
}

/** The mean of each figure over the suites that have it. */
export function macroMean(suites: readonly Figures[]): Figures {
  const entries = figureNames.map((name) => {
    const values = suites.map((figures) => figures[name]).filter((value) => !Number.isNaN(value))
    return [name, meanOf(values, (value) => value)] as const
  })
  return Object.fromEntries(entries) as Figures
}

/** Chance that a task that can be served scores higher than one that cannot; ties count half. */
export function auroc(positive: readonly number[], negative: readonly number[]): number {
  if (positive.length === 0 || negative.length === 0) return NaN
  const sorted = negative.toSorted((a, b) => a - b)
  const below = (value: number, orEqual: boolean): number => {
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (orEqual ? sorted[middle]! <= value : sorted[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }
  const wins = positive.reduce((sum, value) => sum + (below(value, false) + below(value, true)) / 2, 0)
  return wins / positive.length / negative.length
}

/** Mean distance of the score from the share of right first skills, in ten bins of the score. */
function calibrationError(rows: readonly Labelled[]): number {
  const groups = Map.groupBy(rows, ({ answer }) => Math.min(bins - 1, Math.floor(answer.score * bins)))
  const errors = [...groups.values()].map((group) => {
    const claimed = meanOf(group, ({ answer }) => answer.score)
    const right = meanOf(group, (row) => Number(isRight(row)))
    return Math.abs(claimed - right) * group.length
  })
  return rows.length === 0 ? NaN : errors.reduce((sum, error) => sum + error, 0) / rows.length
}

export function isRight({ answer, label }: Labelled): boolean {
  return label.gold.includes(answer.ranking[0] ?? '')
}

/** Place of the first right skill in the ranking, from 0; Infinity when it is not there. */
function placeOf({ answer, label }: Labelled): number {
  const place = answer.ranking.findIndex((id) => label.gold.includes(id))
  return place < 0 ? Infinity : place
}

function f1(chosen: readonly string[], gold: readonly string[]): number {
  const right = chosen.filter((id) => gold.includes(id)).length
  return right === 0 ? 0 : (2 * right) / (chosen.length + gold.length)
}

function meanOf<T>(items: readonly T[], valueOf: (item: T) => number): number {
  return items.length === 0 ? NaN : items.reduce((sum, item) => sum + valueOf(item), 0) / items.length
}
