import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

// A plain user's PATH lacks these on Debian, and mariadbd lives in one of them.
const administrationDirs = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * The PATH of the system alone: without what npm puts before it (any node_modules/.bin, its node-gyp), so that npm and node are the ones the person installed
 * and `npm ci` never runs on a binary that it is about to delete.
 *
 * @param {string | undefined} path
 */
export function systemPath(path) {
  const own = (path ?? '/usr/local/bin:/usr/bin:/bin')
    .split(delimiter)
    .filter((dir) => dir !== '' && !/node_modules\/(\.bin|.*\/node-gyp-bin)$/.test(dir))
  return [...new Set([...own, ...administrationDirs])].join(delimiter)
}

/**
 * The environment without what npm adds for its scripts (npm_*, NODE, INIT_CWD): a nested npm would take it for
 * configuration. An empty HOME counts as none.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function systemEnvironment(env) {
  const kept = Object.entries(env).filter(
    ([name, value]) =>
      !/^npm_/i.test(name) && name !== 'NODE' && name !== 'INIT_CWD' && !(name === 'HOME' && value === ''),
  )
  return { ...Object.fromEntries(kept), PATH: systemPath(env['PATH']) }
}

/**
 * The full path of a program, or undefined when no directory of the path has it.
 *
 * @param {string} program
 * @param {string | undefined} path
 */
export function findProgram(program, path) {
  return (path ?? '')
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, program))
    .find(isExecutable)
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
