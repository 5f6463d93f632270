import { PreparationError } from './progress.mjs'

const guildhall = '<root>/libs/cli/bin/guildhall.mjs'

/** @type {Record<string, string[]>} */
const tasks = {
  demo: [guildhall, 'demo'],
  start: [guildhall, 'up'],
  guildhall: [guildhall],
  test: ['<root>/tools/verify.mjs'],
  docs: ['<root>/libs/wire-docs/dist/render.main.js'],
  'test:chaos': ['<root>/tools/chaos.mjs'],
  'bench:tasks': ['<root>/node_modules/vitest/vitest.mjs', 'run', '--project', 'bench', 'tasks'],
  'bench:steps': ['<root>/node_modules/vitest/vitest.mjs', 'run', '--project', 'bench', 'step.ledger'],
  'bench:matching': ['<root>/e2e/matching-bench/dist/main.js'],
  'bench:bus': ['<root>/e2e/bus-bench/dist/main.js'],
  'bench:sandbox': ['<root>/libs/sandbox/dist/bench/main.js'],
}

/**
 * The arguments for Node that run a task; `<root>` stands for the checkout.
 *
 * @param {string | undefined} task
 * @param {string[]} args
 */
export function taskCommand(task, args) {
  const command = Object.hasOwn(tasks, task ?? '') ? tasks[task ?? ''] : undefined
  if (!command) {
    throw new PreparationError(
      `Usage: node tools/bootstrap.mjs <${Object.keys(tasks).join('|')}> [arguments]` +
        (task ? `\nThere is no task "${task}".` : ''),
    )
  }
  return [...command, ...args]
}
