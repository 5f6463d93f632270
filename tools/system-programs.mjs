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
 * that is allowed, else the servers come from Docker, as they do where GUILDHALL_SERVERS=docker asks for it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<'native' | 'docker'>} where the servers come from
 */
export async function provideSystemPrograms(env) {
  const servers = env['GUILDHALL_SERVERS'] === 'docker' ? 'docker' : 'native'
  if (servers === 'docker' && !(await dockerAnswers(env))) throw new PreparationError(adviceOnDocker)
  const missing = neededPrograms(process.platform, servers).filter(
    (program) => !findProgram(program, env['PATH']),
  )
  if (missing.length === 0) return servers
  if (findProgram('apt-get', env['PATH'])) {
    const prefix = await rightsPrefix(env)
    if (prefix) {
      await step(`installing ${packagesOf(missing).join(', ')}`, () => installPackages(prefix, missing, env))
      return servers
    }
  }
  if (canComeFromDocker(missing) && (await dockerAnswers(env))) return 'docker'
  throw new PreparationError(adviceOnMissing(missing, Boolean(findProgram('apt-get', env['PATH']))))
}

/**
 * On macOS what isolates a function call does not exist at all, and the executor says so itself.
 *
 * @param {NodeJS.Platform} platform
 * @param {'native' | 'docker'} servers
 */
export function neededPrograms(platform, servers) {
  return [...debianPackages.keys()].filter((program) =>
    serverPrograms.has(program) ? servers === 'native' : platform !== 'darwin',
  )
}

/** @param {string[]} missing */
export function packagesOf(missing) {
  return [...new Set(missing.map((program) => debianPackages.get(program) ?? program))].sort()
}

/**
 * Docker can stand in for the servers, never for the programs that isolate a function call.
 *
 * @param {string[]} missing
 */
export function canComeFromDocker(missing) {
  return missing.every((program) => serverPrograms.has(program))
}

const adviceOnDocker = [
  'GUILDHALL_SERVERS=docker is set, but no Docker engine answers: docker version.',
  'Start Docker and see that you may use it, or unset GUILDHALL_SERVERS; then run the same command again.',
].join('\n')

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
  const left = missing.filter((program) => !findProgram(program, env['PATH']))
  if (install.code === 0 && left.length === 0) return
  const output = `${update.code === 0 ? '' : update.output}${install.output}`
  throw new PreparationError(`${tail(output)}\n${adviceOnMissing(left.length > 0 ? left : missing, true)}`)
}

/** @param {NodeJS.ProcessEnv} env */
async function dockerAnswers(env) {
  if (!findProgram('docker', env['PATH'])) return false
  // Its exit code tells in every release of the program; that of `docker info` does not.
  return (await run('docker', ['version', '--format', '{{.Server.Version}}'], { env })).code === 0
}
