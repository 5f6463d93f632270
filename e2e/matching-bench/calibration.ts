import { createHash } from 'node:crypto'
import { createMatcher, type Embedder, type Evidence } from '@guildhall/matching'
import { fitLogistic, predict, type Sample } from './logistic.js'
import { auroc } from './metrics.js'
import type { Query, Suite } from './suite.reading.js'

/** Small registries cut out of the suites: how many skills, and how many such registries of one suite. */
const cuts: readonly (readonly [skills: number, count: number])[] = [
  [8, 6],
  [25, 3],
]
/** What a cut weighs in the fit, beside the suite itself. */
const cutWeight = 0.15
const largestCut = Math.max(...cuts.map(([skills]) => skills))
const folds = 5
/** Of the tasks whose skill is not in the cut, this many for one whose skill is. */
const absentShare = 0.4

export interface Calibration {
  features: readonly string[]
  coefficients: readonly number[]
  /** Figures of tasks whose skills were not fitted on (five folds over the skills), in the whole suites. */
  auroc: number
  decision: number
}

interface Row extends Sample {
  group: string
  fold: number
  none: boolean
  whole: boolean
}

/** Fits the score to suites with labels; `registries` are the same suites with different numbers of examples. */
export async function calibrate(
  registries: readonly Suite[],
  embedder: Embedder | undefined,
): Promise<Calibration> {
  const rows: Row[] = []
  for (const [at, suite] of registries.entries()) {
    // A suite that is there with and without examples weighs as much as one that is there once.
    const share = 1 / registries.filter(({ name }) => name === suite.name).length
    rows.push(...(await rowsOf(suite, embedder, `${suite.name} ${at}`, share)))
    if (suite.queries.some(({ candidates }) => candidates)) continue
    for (const [skills, count] of cuts) {
      for (let seed = 0; seed < count; seed += 1) {
        const name = `${suite.name} ${at} ${skills} ${seed}`
        rows.push(...(await rowsOf(cutOut(suite, skills, seed), embedder, name, (cutWeight * share) / count)))
      }
    }
  }
  const scores = rows.map(() => 0)
  for (let fold = 0; fold < folds; fold += 1) {
    const coefficients = fitLogistic(rows.filter((row) => row.fold !== fold))
    rows.forEach((row, at) => {
      if (row.fold === fold) scores[at] = predict(coefficients, row.features)
    })
  }
  const groups = [...Map.groupBy(rows.keys(), (at) => (rows[at]!.whole ? rows[at]!.group : '')).entries()]
  const figures = groups.filter(([group]) => group !== '').map(([, ats]) => figuresOf(ats, rows, scores))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    features: featureNames(embedder !== undefined),
    coefficients: fitLogistic(rows),
    auroc: mean(figures.map((figure) => figure.auroc)),
    decision: mean(figures.map((figure) => figure.decision)),
  }
}

const featureNames = (embedded: boolean): string[] => [
  'intercept',
  'lead',
  'topicalWords',
  'skillWords',
  ...(embedded ? ['similarity'] : []),
]

const featuresOf = ({ lead, topicalWords, skillWords, similarity }: Evidence): number[] => [
  Math.log1p(4 * Math.max(0, lead)),
  Math.log1p(topicalWords),
  Math.log1p(skillWords),
  ...(similarity === undefined ? [] : [similarity]),
]

/** All rows of a suite weigh `weight` together. */
async function rowsOf(
  suite: Suite,
  embedder: Embedder | undefined,
  group: string,
  weight: number,
): Promise<Row[]> {
  const matcher = createMatcher({ skills: suite.skills, agents: [], embedder })
  await matcher.ready()
  const rows: Row[] = []
  for (const { id, text, candidates, label } of suite.queries) {
    if (label === undefined || label.kind === 'agent') continue
    const { ranking, evidence } = await matcher.analyse(text, candidates ? { amongSkills: candidates } : {})
    if (evidence === undefined) continue
    rows.push({
      features: featuresOf(evidence),
      right: label.gold.includes(ranking[0]?.skillId ?? ''),
      weight: 1,
      group,
      fold: Math.floor(drawn(`${suite.name} ${label.gold[0] ?? id}`) * folds),
      none: label.kind === 'none',
      whole: suite.skills.length > largestCut,
    })
  }
  return rows.map((row) => ({ ...row, weight: weight / rows.length }))
}

/** A suite with a few of its skills, tasks for them, and tasks for skills that are not among them. */
function cutOut(suite: Suite, size: number, seed: number): Suite {
  const shuffled = <T extends { id: string }>(items: readonly T[]) =>
    items.toSorted((a, b) => drawn(`${seed} ${a.id}`) - drawn(`${seed} ${b.id}`))
  const skills = shuffled(suite.skills).slice(0, size)
  const isThere = ({ label }: Query) => skills.some(({ id }) => id === label?.gold[0])
  const single = suite.queries.filter(({ label }) => label?.kind === 'single')
  const present = single.filter(isThere)
  const absent = shuffled(single.filter((query) => !isThere(query))).slice(
    0,
    Math.ceil(present.length * absentShare),
  )
  const none = shuffled(suite.queries.filter(({ label }) => label?.kind === 'none'))
  return {
    ...suite,
    skills,
    queries: [
      ...present,
      ...absent.map((query) => ({ ...query, label: { ...query.label!, kind: 'none' as const, gold: [] } })),
      ...none.slice(0, Math.ceil((present.length * absentShare) / 2)),
    ],
  }
}

function figuresOf(ats: readonly number[], rows: readonly Row[], scores: readonly number[]) {
  const matchable = ats.filter((at) => !rows[at]!.none)
  const none = ats.filter((at) => rows[at]!.none)
  const accepted = matchable.filter((at) => rows[at]!.right && scores[at]! >= 0.5).length
  const rejected = none.filter((at) => scores[at]! < 0.5).length
  return {
    auroc: auroc(
      matchable.map((at) => scores[at]!),
      none.map((at) => scores[at]!),
    ),
    decision: (accepted / matchable.length + rejected / none.length) / 2,
  }
}

/** A number from 0 to 1 that a text always draws. */
function drawn(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32
}
