import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { run } from './child.mjs'
import { PreparationError, step, tail } from './progress.mjs'

/**
 * Installs the packages of the lock file when any package.json or the lock differs from what is installed.
 *
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env of the system, without npm's additions
 */
export async function installPackages(root, env) {
  if (isInstalled(root)) return
  await step('installing packages (npm ci)', () =>
    alone(root, async () => {
      if (isInstalled(root)) return
      const outcome = await run('npm', ['ci', '--no-audit', '--no-fund', '--no-update-notifier'], {
        cwd: root,
        env,
      }).catch((error) => {
        throw new PreparationError(
          `npm could not be started (${error.message}): is it installed beside Node?`,
        )
      })
      if (outcome.code !== 0) throw new PreparationError(adviceOn(outcome.output))
      writeFileSync(stampFile(root), fingerprint(root))
    }),
  )
}

/** @param {string} root */
function isInstalled(root) {
  const stamp = stampFile(root)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root)
}

/** @param {string} root */
const stampFile = (root) => join(root, 'node_modules', '.guildhall-install')

/**
 * sha256 over the lock file, the root package.json and every workspace's package.json, with their paths.
 *
 * @param {string} root
 */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', 'package.json', ...workspaceManifests(root)]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} root */
function workspaceManifests(root) {
  /** @type {string[]} */
  const patterns = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).workspaces ?? []
  const dirs = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern]
    const parent = pattern.slice(0, -2)
    return existsSync(join(root, parent))
      ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
      : []
  })
  return dirs
    .map((dir) => `${dir}/package.json`)
    .filter((file) => existsSync(join(root, file)))
    .sort()
}

// Two terminals may start at once, and two `npm ci` in one folder ruin each other.
/**
 * @param {string} root
 * @param {() => Promise<void>} work
 */
async function alone(root, work) {
  const lock = join(root, '.guildhall', 'install.lock')
  mkdirSync(join(root, '.guildhall'), { recursive: true, mode: 0o700 })
  while (!tryLock(lock)) await sleep(250)
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** @param {string} lock */
function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (isAbandoned(lock)) rmSync(lock, { force: true })
    return false
  }
}

/** @param {string} lock */
function isAbandoned(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    // Written in two steps by its owner: an empty lock is young, or its owner died between them.
    if (!pid) return Date.now() - statSync(lock).mtimeMs > 5_000
    process.kill(pid, 0)
    return false
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH'
  }
}

/** @param {string} output */
function adviceOn(output) {
  const advice = /EUSAGE/.test(output)
    ? 'package-lock.json does not fit package.json: run `npm install` once and look at what it changes.'
    : /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|E40[134]|E50\d/.test(output)
      ? 'The package registry did not answer as it should: check the network and `npm config get registry`, then run the same command again.'
      : /ENOSPC/.test(output)
        ? 'The disk is full: about 700 MB are needed.'
        : /EACCES|EPERM/.test(output)
          ? 'npm may not write here: check who owns this folder, node_modules and `npm config get cache`.'
          : 'Run `npm ci` here by hand to see all of it.'
  // npm ends some of its messages with a page about its own options.
  const told = output.replace(/^npm error Clean install a project$[^]*/m, '')
  return `npm ci failed.\n${tail(told)}\n${advice}`
}
