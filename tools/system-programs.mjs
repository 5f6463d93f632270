import { run } from './child.mjs'
import { PreparationError, step, tail } from './progress.mjs'
import { findProgram } from './search-path.mjs'

/** What Guildhall runs besides Node, with the Debian package of each. */
const debianPackages = new Map([
  ['redis-server', 'redis-server'],
  ['mariadbd', 'mariadb-server-core'],
  ['mariadb-install-db', 'mariadb-server-core'],
  ['my_print_defaults', 'mariadb-client-core'],
  ['bwrap', 'bubblewrap'],
  ['setpriv', 'util-linux'],
  ['prlimit', 'util-linux'],
])
const serverPrograms = new Set(['redis-server', 'mariadbd', 'mariadb-install-db', 'my_print_defaults'])

/**
 * Sees to it that the servers and the isolation programs are there: found, else installed from Debian's packages where
 * that is allowed, else the servers come from Docker.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<'native' | 'docker'>} where the servers come from
 */
export async function provideSystemPrograms(env) {
  if (env['GUILDHALL_SERVERS'] === 'docker') return 'docker'
  const missing = missingPrograms(env['PATH'])
  if (missing.length === 0) return 'native'
  if (findProgram('apt-get', env['PATH'])) {
    const prefix = await rightsPrefix(env)
    if (prefix) {
      await step(`installing ${packagesOf(missing).join(', ')}`, () => installPackages(prefix, missing, env))
      return 'native'
    }
  }
  if (canComeFromDocker(missing, process.platform) && (await dockerAnswers(env))) return 'docker'
  throw new PreparationError(adviceOnMissing(missing, Boolean(findProgram('apt-get', env['PATH']))))
}

/** @param {string | undefined} path */
export function missingPrograms(path) {
  return [...debianPackages.keys()].filter((program) => !findProgram(program, path))
}

/** @param {string[]} missing */
export function packagesOf(missing) {
  return [...new Set(missing.map((program) => debianPackages.get(program) ?? program))].sort()
}

/**
 * Docker can stand in for the servers, never for the programs that isolate a function call on Linux. On macOS those
 * do not exist at all, and the executor says so itself.
 *
 * @param {string[]} missing
 * @param {NodeJS.Platform} platform
 */
export function canComeFromDocker(missing, platform) {
  return platform === 'darwin' || missing.every((program) => serverPrograms.has(program))
}

/**
 * @param {string[]} missing
 * @param {boolean} isDebian
 */
export function adviceOnMissing(missing, isDebian) {
  const what = `Not found on this machine: ${missing.join(', ')}.`
  if (isDebian) {
    return `${what}\nInstall them, then run the same command again:\n\n  sudo apt-get update && sudo ${aptInstall(missing).join(' ')}\n`
  }
  return [
    what,
    'Guildhall needs Redis 7 (redis-server), MariaDB 10.6 or later (mariadbd, mariadb-install-db), bubblewrap (bwrap)',
    "and util-linux (setpriv, prlimit). Install them with this system's package manager, or start Docker, which can",
    'provide Redis and MariaDB; then run the same command again.',
  ].join('\n')
}

/** @param {string[]} missing */
const aptInstall = (missing) => [
  'apt-get',
  '-o',
  'DPkg::Lock::Timeout=120',
  'install',
  '-y',
  '--no-install-recommends',
  ...packagesOf(missing),
]

/**
 * What to put before apt-get: nothing as root, sudo as somebody who may; undefined when neither works.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string[] | undefined>}
 */
async function rightsPrefix(env) {
  const setting = ['env', 'DEBIAN_FRONTEND=noninteractive']
  if (process.getuid?.() === 0) return setting
  if (!findProgram('sudo', env['PATH'])) return undefined
  if ((await run('sudo', ['-n', 'true'], { env })).code === 0) return ['sudo', '-n', ...setting]
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  process.stderr.write(
    '  Redis, MariaDB and bubblewrap come from system packages; sudo may ask for your password.\n',
  )
  return (await run('sudo', ['-v'], { env, show: true })).code === 0 ? ['sudo', ...setting] : undefined
}

/**
 * @param {string[]} prefix
 * @param {string[]} missing
 * @param {NodeJS.ProcessEnv} env
 */
async function installPackages(prefix, missing, env) {
  const [command = '', ...args] = prefix
  // One broken source of somebody else's fails the update as a whole; what we need may be there all the same.
  const update = await run(command, [...args, 'apt-get', '-o', 'DPkg::Lock::Timeout=120', 'update'], { env })
  const install = await run(command, [...args, ...aptInstall(missing)], { env })
  const left = missingPrograms(env['PATH'])
  if (install.code === 0 && left.length === 0) return
  const output = `${update.code === 0 ? '' : update.output}${install.output}`
  throw new PreparationError(`${tail(output)}\n${adviceOnMissing(left.length > 0 ? left : missing, true)}`)
}

/** @param {NodeJS.ProcessEnv} env */
async function dockerAnswers(env) {
  if (!findProgram('docker', env['PATH'])) return false
  return (await run('docker', ['info'], { env })).code === 0
}
