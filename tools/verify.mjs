// Everything that must hold before a change is done, in one command. Goes on after a failure, so that one run shows all.
// What failed is listed once more at the end. The last line is `N passed, N failed, N skipped`: vitest's tests, plus one
// for each other step.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { endAs, run } from './child.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reporters = ['--reporter=default', '--reporter=./tools/count.reporter.mjs']

/** @type {{ title: string, commands: string[][], counts?: boolean }[]} */
const steps = [
  { title: 'format', commands: [['prettier', '--check', '--log-level=warn', '.']] },
  {
    title: 'lint',
    commands: [
      // The rule on the boundaries between projects reads the graph that this leaves in nx's cache, and is silent without.
      ['nx', 'show', 'projects', '--sep', ' '],
      ['eslint', '.'],
    ],
  },
  {
    title: 'types',
    commands: [
      ['tsc', '-b'],
      ['tsc', '-p', 'tsconfig.spec.json'],
    ],
  },
  { title: 'dead code', commands: [['knip']] },
  ...['unit', 'integration', 'e2e', 'chaos'].map((project) => ({
    title: project,
    commands: [['vitest', 'run', '--project', project, ...reporters]],
    counts: true,
  })),
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((title) => !steps.some((step) => step.title === title))
if (unknown.length > 0) {
  process.stderr.write(
    `No step ${unknown.join(', ')}; there are: ${steps.map((step) => step.title).join(', ')}\n`,
  )
  process.exit(2)
}

const scratch = mkdtempSync(join(tmpdir(), 'guildhall-verify-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))
const total = { passed: 0, skipped: 0 }
/** @type {string[]} */
const failures = []
/** @type {string[]} */
const summary = []
for (const step of steps.filter(({ title }) => wanted.length === 0 || wanted.includes(title))) {
  process.stdout.write(`\n── ${step.title} ${'─'.repeat(60 - step.title.length)}\n`)
  const startedAt = Date.now()
  const result = await runStep(step)
  total.passed += result.passed
  total.skipped += result.skipped
  failures.push(...result.failures)
  const verdict = result.failures.length > 0 ? 'FAILED' : 'ok'
  summary.push(
    `${step.title.padEnd(12)} ${verdict.padEnd(7)} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`,
  )
}
process.stdout.write(`\n${summary.join('\n')}\n\n`)
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
process.stdout.write(`${total.passed} passed, ${failures.length} failed, ${total.skipped} skipped\n`)
process.exitCode = failures.length > 0 ? 1 : 0

/**
 * @param {(typeof steps)[number]} step
 * @returns {Promise<{ passed: number, skipped: number, failures: string[] }>}
 */
async function runStep(step) {
  const countsFile = join(scratch, `${step.title}.json`)
  const env = { ...process.env, GUILDHALL_TEST_COUNTS: countsFile }
  let failed = false
  for (const [program = '', ...args] of step.commands) {
    const outcome = await run(join(root, 'node_modules', '.bin', program), args, {
      cwd: root,
      env,
      show: true,
    })
    if (outcome.signal || outcome.interruptedBy) endAs(outcome)
    failed ||= outcome.code !== 0
  }
  if (!step.counts) return { passed: failed ? 0 : 1, skipped: 0, failures: failed ? [step.title] : [] }
  const counts = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passed: 0, skipped: 0, failures: [] }
  // vitest may fail without a failed test: no project of that name, no test found.
  if (failed && counts.failures.length === 0) counts.failures.push(step.title)
  return counts
}
