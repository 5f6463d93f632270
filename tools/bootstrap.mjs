// From a fresh clone to a running task: packages, system programs, build, then the task on the pinned Node.
// Builtins only, and nothing newer than Node 18: this file runs before anything is installed.
import { mkdirSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { endAs, run } from './child.mjs'
import { installPackages } from './install.mjs'
import { nodeProgram } from './node-program.mjs'
import { PreparationError, step, tail } from './progress.mjs'
import { systemEnvironment } from './search-path.mjs'
import { provideSystemPrograms } from './system-programs.mjs'
import { taskCommand } from './tasks.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

endWithNpm()
try {
  endAs(await main(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof PreparationError)) throw error
  process.stderr.write(`\n${error.message}\n`)
  process.exitCode = 1
}

/** @param {string[]} args */
async function main([task, ...rest]) {
  const command = taskCommand(task, rest)
  if (process.platform === 'win32')
    throw new PreparationError('Guildhall runs on Linux and macOS; on Windows use WSL 2.')
  const env = systemEnvironment(process.env)
  mkdirSync(join(root, '.guildhall'), { recursive: true, mode: 0o700 })

  await installPackages(root, env)
  const servers = await provideSystemPrograms(env)
  const node = await nodeProgram(root, env)
  const nodeEnv = {
    ...env,
    PATH: [...new Set([join(root, 'node_modules', '.bin'), dirname(node)]), env['PATH']].join(delimiter),
    NODE_COMPILE_CACHE: join(root, '.guildhall', 'cache', 'node'),
    GUILDHALL_SERVERS: servers,
  }
  await step('building', () => build(node, nodeEnv))
  // The caller's folder stays the current one: `guildhall submit --mount .` means the folder the person stands in.
  return run(
    node,
    command.map((part) => part.replace(/^<root>/, root)),
    {
      cwd: process.env['INIT_CWD'] || process.cwd(),
      env: nodeEnv,
      show: true,
    },
  )
}

/**
 * @param {string} node
 * @param {NodeJS.ProcessEnv} env
 */
async function build(node, env) {
  const outcome = await run(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], {
    cwd: root,
    env,
  })
  if (outcome.signal) endAs(outcome)
  if (outcome.code !== 0)
    throw new PreparationError(`The build failed (tsc -b).\n${tail(outcome.output, 40)}`)
}

// npm passes SIGTERM to its shell, which dies of it and tells nobody below: an orphan tells itself.
function endWithNpm() {
  if (!process.env['npm_lifecycle_event']) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 250)
  watch.unref()
}
