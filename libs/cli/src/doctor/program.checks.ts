import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSandbox, type Isolation } from '@guildhall/sandbox'
import type { CliConfig } from '../cli.config.js'
import { type Check, fail, ok, warn } from './doctor.check.js'

const run = promisify(execFile)

export function checkNode(version = process.versions.node): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 11)
    ? ok('node', version)
    : fail(
        'node',
        version,
        'Start through npm (npm run guildhall), which brings Node 24, or install Node 24.11.',
      )
}

export async function checkServers(config: CliConfig): Promise<Check[]> {
  if (config.servers === 'docker') {
    const answer = await output('docker', ['version', '--format', '{{.Server.Version}}'], config)
    return [
      answer === undefined
        ? fail('docker', 'no engine answers', 'Start Docker, or unset GUILDHALL_SERVERS.')
        : ok('docker', answer),
    ]
  }
  return Promise.all([
    checkProgram(config, 'redis-server', ['--version'], 'redis-server'),
    checkProgram(config, 'mariadbd', ['--version'], 'mariadb-server-core'),
    checkProgram(config, 'mariadb-install-db', undefined, 'mariadb-server-core'),
  ])
}

/** What isolates a function call: the programs, and whether the kernel lets them. */
export async function checkIsolation(config: CliConfig): Promise<Check[]> {
  if (config.isolation.kind !== 'bubblewrap') return [await probeIsolation(config.isolation)]
  if (process.platform !== 'linux')
    return [
      warn('isolation', process.platform, 'Functions are isolated by bubblewrap, which only Linux has.'),
    ]
  const programs = await Promise.all([
    checkProgram(config, 'bwrap', ['--version'], 'bubblewrap'),
    checkProgram(config, 'setpriv', ['--version'], 'util-linux'),
  ])
  if (programs.some(({ verdict }) => verdict !== 'ok')) return programs
  return [...programs, await checkUserNamespaces(config)]
}

async function probeIsolation(isolation: Isolation): Promise<Check> {
  const { checks } = await createSandbox(isolation).probe()
  const failed = checks.find((check) => !check.ok)
  return failed === undefined
    ? ok('isolation', checks.at(-1)?.detail ?? isolation.kind)
    : fail('isolation', failed.detail, 'Repair it, or unset GUILDHALL_ISOLATION, which means bubblewrap.')
}

async function checkUserNamespaces(config: CliConfig): Promise<Check> {
  const bwrap = ['bwrap', '--unshare-all', '--ro-bind', '/', '/', '--', 'true']
  // As root the executor drops to an unprivileged uid first, so the check does too.
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...bwrap]
  const [program = '', ...args] = process.getuid?.() === 0 ? asNobody : bwrap
  return (await output(program, args, config)) === undefined
    ? fail(
        'user namespaces',
        'the kernel refuses them',
        'Allow them: sysctl -w kernel.unprivileged_userns_clone=1 (Debian), ' +
          'kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), user.max_user_namespaces above 0.',
      )
    : ok('user namespaces', 'bubblewrap can make them')
}

async function checkProgram(
  config: CliConfig,
  program: string,
  versionArgs: string[] | undefined,
  debianPackage: string,
): Promise<Check> {
  const path = findProgram(program, config.path)
  if (path === undefined)
    return fail(
      program,
      'not found',
      `Install it: sudo apt-get install -y --no-install-recommends ${debianPackage}`,
    )
  const version = versionArgs && /\d+\.\d+(\.\d+)?/.exec((await output(path, versionArgs, config)) ?? '')?.[0]
  return ok(program, version ? `${version} (${path})` : path)
}

function findProgram(program: string, path: string): string | undefined {
  return path
    .split(':')
    .map((dir) => join(dir, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** What a program says on stdout; undefined when it fails or takes longer than 5 s. */
async function output(program: string, args: string[], config: CliConfig): Promise<string | undefined> {
  try {
    return (await run(program, args, { timeout: 5_000, env: { PATH: config.path } })).stdout.trim()
  } catch {
    return undefined
  }
}
