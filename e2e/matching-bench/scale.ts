import { createMatcher, type Embedder, type SkillProfile } from '@guildhall/matching'
import { percentile } from './percentile.js'
import type { Suite } from './suite.reading.js'

export interface ScaleFigures {
  skills: number
  /** Time until all skills are matched by words, and with vectors. */
  indexedMs: number
  readyMs: number
  queryP50Ms: number
  queryP95Ms: number
  /** Time from handing in a new skill with five examples until it is matched like every other. */
  addedP50Ms: number
  addedP95Ms: number
  /** Growth of the heap by the matcher, of the garbage-collected process when it can be asked for. */
  heapMib: number
  rssMib: number
}

const queriesAsked = 200
/** Asked before, unmeasured: a service runs for longer than its first second. */
const queriesToWarmUp = 50
const skillsAdded = 10
const mib = 2 ** 20

/** Latency and memory of one matcher over so many skills, made of the suites' own; skills are repeated when there are too few. */
export async function measureAt(
  skills: number,
  suites: readonly Suite[],
  embedder: Embedder | undefined,
): Promise<ScaleFigures> {
  const registry = registryOf(skills, suites)
  const queries = spread(
    suites.flatMap((suite) => suite.queries),
    queriesAsked,
  )
  globalThis.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  const matcher = createMatcher({ skills: registry, agents: [], embedder })
  const indexedMs = performance.now() - startedAt
  await matcher.ready()
  const readyMs = performance.now() - startedAt

  for (const { text } of spread(queries, queriesToWarmUp)) await matcher.match(text)
  const queryMs: number[] = []
  for (const { text } of queries) {
    const askedAt = performance.now()
    // A text that no cache has seen.
    await matcher.match(`${text} ${queryMs.length}`)
    queryMs.push(performance.now() - askedAt)
  }
  globalThis.gc?.()
  const heapMib = (process.memoryUsage().heapUsed - heapBefore) / mib

  const addedMs: number[] = []
  for (const model of spread(registry, skillsAdded)) {
    const number = addedMs.length
    const examples = spread(queries, 5).map(({ text }) => `${text.slice(0, 80)} ${number}`)
    const skill = { ...model, id: `added-${number}`, name: `${model.name} ${number}`, examples }
    const addedAt = performance.now()
    await matcher.addSkill(skill)
    addedMs.push(performance.now() - addedAt)
  }
  return {
    skills,
    indexedMs,
    readyMs,
    queryP50Ms: percentile(queryMs, 0.5),
    queryP95Ms: percentile(queryMs, 0.95),
    addedP50Ms: percentile(addedMs, 0.5),
    addedP95Ms: percentile(addedMs, 0.95),
    heapMib,
    rssMib: process.memoryUsage().rss / mib,
  }
}

function registryOf(count: number, suites: readonly Suite[]): SkillProfile[] {
  const all = suites.flatMap(({ skills }) => skills)
  const chosen = spread(all, count)
  return Array.from({ length: count }, (_, number) => ({
    ...chosen[number % chosen.length]!,
    id: `scale-${number}`,
  }))
}

/** So many of the items, evenly spread over all; all of them when there are fewer. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, number) => items[Math.floor((number * items.length) / count)]!)
}
