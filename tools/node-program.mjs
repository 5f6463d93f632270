import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { run } from './child.mjs'
import { PreparationError } from './progress.mjs'
import { findProgram } from './search-path.mjs'

export const neededMajor = 24

/**
 * The Node that runs Guildhall: the pinned one from node_modules, else one of this machine that is new enough (there is
 * no pinned one for macOS, and the Linux one does not run on musl).
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>}
 */
export async function nodeProgram(root, env) {
  const pinned = join(root, 'node_modules', '.bin', 'node')
  const candidates = [
    existsSync(pinned) ? pinned : undefined,
    process.execPath,
    findProgram('node', env['PATH']),
  ]
  for (const candidate of candidates) {
    if (candidate && (await majorOf(candidate, env)) >= neededMajor) return candidate
  }
  throw new PreparationError(
    `Guildhall runs on Node ${neededMajor}. On glibc Linux (x64, arm64) it brings its own; on this system ` +
      `(${process.platform} ${process.arch}, Node ${process.versions.node}) install Node ${neededMajor} or later and run the same command again.`,
  )
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
async function majorOf(program, env) {
  if (program === process.execPath) return majorIn(process.version)
  try {
    return majorIn((await run(program, ['--version'], { env })).output)
  } catch {
    return 0
  }
}

/** @param {string} version as `node --version` prints it */
export function majorIn(version) {
  return Number(/^v(\d+)\./.exec(version.trim())?.[1] ?? 0)
}
