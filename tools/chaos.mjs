// Runs the chaos stories at full length, one line for each, and counts what was lost, doubled and reordered in all.
// Arguments: `--seed <number|random>`, and parts of file names to run only these stories.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { endAs, run } from './child.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' } },
  allowPositionals: true,
})

const scratch = mkdtempSync(join(tmpdir(), 'guildhall-chaos-results-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const resultsFile = join(scratch, 'results.jsonl')

const outcome = await run(
  join(root, 'node_modules', '.bin', 'vitest'),
  ['run', '--project', 'chaos', ...positionals],
  {
    cwd: root,
    env: {
      ...process.env,
      GUILDHALL_CHAOS_FULL: '1',
      GUILDHALL_CHAOS_RESULTS: resultsFile,
      ...(values.seed !== undefined && { GUILDHALL_CHAOS_SEED: values.seed }),
    },
    show: true,
  },
)
if (outcome.signal || outcome.interruptedBy) endAs(outcome)

/** @type {Record<string, number>[]} */
const results = existsSync(resultsFile)
  ? readFileSync(resultsFile, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : []
/** @param {string} figure */
const sum = (figure) => results.reduce((total, result) => total + (result[figure] ?? 0), 0)
process.stdout.write(
  `${outcome.code === 0 ? '' : 'A story failed, see above.\n'}` +
    `chaos: ${sum('lost')} lost, ${sum('doubled')} doubled, ${sum('reordered')} reordered of ${sum('effects')} effects; ` +
    `${sum('kills')} kills, ${results.length} stories\n`,
)
process.exitCode = outcome.code ?? 1
