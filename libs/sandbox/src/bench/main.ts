import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createBubblewrapSandbox, prepareWorkspace, removeWorkspace } from '../index.js'
import { outcomesOf, renderOutcomes } from './goals.js'
import { measureRound, type Round } from './round.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    calls: { type: 'string', default: '60' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string', default: join('.guildhall', 'bench', 'sandbox.json') },
  },
})
const root = resolve(import.meta.dirname, '..', '..', '..', '..')
const out = resolve(root, values.out)
const roundCount = values.quick ? 1 : wholeNumber('rounds', values.rounds)
const calls = values.quick ? 15 : wholeNumber('calls', values.calls)

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'guildhall-bench-')))
try {
  await chmod(folder, 0o711)
  const workspace = join(folder, 'workspace')
  await prepareWorkspace(workspace)
  const sandbox = createBubblewrapSandbox()
  const machine = {
    cores: availableParallelism(),
    processor: cpus()[0]?.model,
    system: `${process.platform} ${release()}`,
    node: process.version,
    uid: process.getuid?.(),
  }
  process.stdout.write(`${JSON.stringify(machine)}\n`)
  const rounds: Round[] = []
  for (let number = 1; number <= roundCount; number += 1) {
    const loadBefore = loadavg()[0]
    const round = await measureRound(sandbox, workspace, calls)
    rounds.push(round)
    process.stdout.write(`round ${number} (load ${loadBefore?.toFixed(1)}): ${JSON.stringify(round)}\n`)
  }
  await sandbox.coolDown()
  const outcomes = outcomesOf(rounds)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(
    out,
    `${JSON.stringify({ at: new Date().toISOString(), machine, rounds, outcomes }, null, 2)}\n`,
  )
  process.stdout.write(`\n${renderOutcomes(outcomes)}\n\nfigures: ${out}\n`)
} finally {
  await removeWorkspace(folder)
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new Error(`--${name} must be a whole number above 0, not '${text}'`)
  return Number(text)
}
