import { createWriteStream, mkdirSync } from 'node:fs'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSentenceEmbedder, DEFAULT_THRESHOLD } from '@guildhall/matching'
import type { Answer } from './answer.js'
import { parseOptions } from './bench.options.js'
import { figuresOf, type Figures, macroMean } from './metrics.js'
import { percentile } from './percentile.js'
import { renderReport, renderScale, type SuiteReport } from './report.rendering.js'
import { measureAt } from './scale.js'
import { answersOf } from './suite.run.js'
import { readSuites, type Suite } from './suite.reading.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const options = parseOptions(process.argv.slice(2), join(root, '.guildhall', 'bench', 'matching.jsonl'))
const suites = readSuites(options.data, options.examples)
const embedder = options.embedder ? createSentenceEmbedder() : undefined
const model = embedder?.id ?? (options.embedder ? 'not installed: by words alone' : 'off')
process.stdout.write(
  `examples ${options.examples}, embedder ${model}, threshold ${DEFAULT_THRESHOLD}, ` +
    `${availableParallelism()} cores, node ${process.version}\n\n`,
)

mkdirSync(dirname(options.out), { recursive: true })
const out = createWriteStream(options.out)
const reports: SuiteReport[] = []
for (const suite of suites) {
  const answers: Answer[] = []
  for await (const answer of answersOf(suite, embedder)) {
    answers.push(answer)
    if (!out.write(`${JSON.stringify(answer)}\n`)) await once(out, 'drain')
  }
  reports.push(reportOn(suite, answers))
}
out.end()
await once(out, 'close')

const figures = reports.flatMap((report): Figures[] => (report.figures ? [report.figures] : []))
process.stdout.write(`${renderReport(reports, macroMean(figures))}\n\nanswers: ${options.out}\n`)

if (options.scale && suites.some(({ skills }) => skills.length > 0)) {
  const measurements = []
  for (const skills of [1_000, 10_000]) measurements.push(await measureAt(skills, suites, embedder))
  process.stdout.write(`\n${renderScale(measurements)}\n`)
}

function reportOn(suite: Suite, answers: readonly Answer[]): SuiteReport {
  const labelled = suite.queries.flatMap(({ label }, at) => (label ? [{ label, answer: answers[at]! }] : []))
  const times = answers.map(({ ms }) => ms)
  return {
    name: suite.name,
    skills: suite.skills.length,
    queries: suite.queries.length,
    source: [...new Set(answers.map(({ source }) => source))].join('+'),
    p50Ms: percentile(times, 0.5),
    p95Ms: percentile(times, 0.95),
    ...(labelled.length > 0 && { figures: figuresOf(labelled, DEFAULT_THRESHOLD) }),
  }
}
