// Fits the coefficients of libs/matching/src/match-score.ts: `node e2e/matching-bench/dist/calibration.main.js --data DIR`.
import { createSentenceEmbedder } from '@guildhall/matching'
import { parseOptions } from './bench.options.js'
import { calibrate } from './calibration.js'
import { readSuites } from './suite.reading.js'

const { data } = parseOptions(process.argv.slice(2), '')
// A suite with examples counts with and without them; one without counts once.
const plain = readSuites(data, 0)
const exemplified = readSuites(data, 5).filter(({ skills }) =>
  skills.some(({ examples }) => examples.length > 0),
)
for (const embedder of [createSentenceEmbedder(), undefined]) {
  const { features, coefficients, auroc, decision } = await calibrate([...plain, ...exemplified], embedder)
  process.stdout.write(
    `${embedder?.id ?? 'by words alone'}: AUROC ${auroc.toFixed(3)}, decision ${decision.toFixed(3)}\n`,
  )
  features.forEach((name, at) =>
    process.stdout.write(`  ${name.padEnd(14)} ${coefficients[at]!.toFixed(3)}\n`),
  )
}
