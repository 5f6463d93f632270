// Everything that must hold before a change is done, in one command. Goes on after a failure, so that one run shows all.
// What failed is listed once more at the end. The last line is `N passed, N failed, N skipped`: vitest's tests, plus one
// for each other step.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { endAs, run } from './child.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reporters = ['--reporter=default', '--reporter=./tools/count.reporter.mjs']

/**
 * Those that need one core each run side by side, the longest first; tests run by themselves, since load disturbs them.
 *
 * @type {{ title: string, commands: string[][], counts?: boolean }[]}
 */
const steps = [
  {
    title: 'lint',
    commands: [
      // The rule on the boundaries between projects reads the graph that this leaves in nx's cache, and is silent without.
      ['nx', 'show', 'projects', '--sep', ' '],
      ['eslint', '.'],
    ],
  },
  { title: 'format', commands: [['prettier', '--check', '--log-level=warn', '.']] },
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
const chosen = steps.filter(({ title }) => wanted.length === 0 || wanted.includes(title))
/** @type {Map<string, Awaited<ReturnType<typeof perform>>>} */
const results = new Map()
const waiting = chosen.filter(({ counts }) => !counts)
await Promise.all(Array.from({ length: availableParallelism() }, () => performAll(waiting)))
await performAll(chosen.filter(({ counts }) => counts))

const total = { passed: 0, skipped: 0 }
/** @type {string[]} */
const failures = []
/** @type {string[]} */
const summary = []
for (const { title } of chosen) {
  const result = results.get(title)
  if (!result) throw new Error(`${title} has no result`)
  total.passed += result.passed
  total.skipped += result.skipped
  failures.push(...result.failures)
  const verdict = result.failures.length > 0 ? 'FAILED' : 'ok'
  summary.push(`${title.padEnd(12)} ${verdict.padEnd(7)} ${(result.ms / 1000).toFixed(1).padStart(6)} s`)
}
process.stdout.write(`\n${summary.join('\n')}\n\n`)
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`)
process.stdout.write(`${total.passed} passed, ${failures.length} failed, ${total.skipped} skipped\n`)
process.exitCode = failures.length > 0 ? 1 : 0

/**
 * Takes steps out until there are none left; several calls may share them.
 *
 * @param {typeof steps} from
 */
async function performAll(from) {
  for (let step = from.shift(); step; step = from.shift()) results.set(step.title, await perform(step))
}

/**
 * Tests are followed as they run; what else a step says comes at its end, so that it is not mixed with that of others.
 *
 * @param {(typeof steps)[number]} step
 * @returns {Promise<{ passed: number, skipped: number, failures: string[], ms: number }>}
 */
async function perform({ title, commands, counts: isTest = false }) {
  const startedAt = Date.now()
  const head = `\n── ${title} ${'─'.repeat(60 - title.length)}\n`
  const countsFile = join(scratch, `${title}.json`)
  const env = { ...process.env, GUILDHALL_TEST_COUNTS: countsFile }
  if (isTest) process.stdout.write(head)
  let said = ''
  let hasFailed = false
  for (const [program = '', ...args] of commands) {
    const path = join(root, 'node_modules', '.bin', program)
    const outcome = await run(path, args, { cwd: root, env, show: isTest })
    if (outcome.signal || outcome.interruptedBy) endAs(outcome)
    said += outcome.output
    hasFailed ||= outcome.code !== 0
  }
  if (!isTest) process.stdout.write(head + said)
  const ms = Date.now() - startedAt
  if (!isTest) return { passed: hasFailed ? 0 : 1, skipped: 0, failures: hasFailed ? [title] : [], ms }
  const counts = existsSync(countsFile)
    ? JSON.parse(readFileSync(countsFile, 'utf8'))
    : { passed: 0, skipped: 0, failures: [] }
  // vitest may fail without a failed test: no project of that name, no test found.
  if (hasFailed && counts.failures.length === 0) counts.failures.push(title)
  return { ...counts, ms }
}
