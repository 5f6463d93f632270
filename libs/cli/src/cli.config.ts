import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Isolation, IsolationSettingError, readIsolation } from '@guildhall/sandbox'
import { UsageError } from './exit.codes.js'

/** Where the command works and what the environment says. Nothing else of the command reads the environment. */
export interface CliConfig {
  /** The checkout. */
  root: string
  stateDir: string
  clientFile: string
  skillsDir: string
  /** Whether a model endpoint is named, for agents of runtime `llm`. */
  hasModel: boolean
  /** Directories to look for programs in. */
  path: string
  /** Where Redis and MariaDB come from. */
  servers: 'native' | 'docker'
  /** What functions are isolated with. */
  isolation: Isolation
}

/**
 * @param givenRoot `--root`; default: GUILDHALL_ROOT, else the checkout that holds the current folder, else this command's own
 * @throws UsageError when the named folder is no checkout, or the isolation that is asked for is none
 */
export function cliConfig(givenRoot?: string, env = process.env, cwd = process.cwd()): CliConfig {
  const named = givenRoot || env['GUILDHALL_ROOT']
  const root = named ? namedCheckout(resolve(cwd, named)) : (checkoutAbove(cwd) ?? ownCheckout())
  const stateDir = join(root, '.guildhall')
  return {
    root,
    stateDir,
    clientFile: join(stateDir, 'client.json'),
    skillsDir: join(root, 'skills'),
    hasModel: Boolean(env['OPENAI_API_KEY'] || env['OPENAI_API_KEY_FILE'] || env['OPENAI_BASE_URL']),
    path: [env['PATH'], '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(':'),
    servers: env['GUILDHALL_SERVERS'] === 'docker' ? 'docker' : 'native',
    isolation: isolationIn(env),
  }
}

function isolationIn(env: NodeJS.ProcessEnv): Isolation {
  try {
    return readIsolation((name) => env[name], env['NODE_ENV'] === 'production')
  } catch (error) {
    throw error instanceof IsolationSettingError ? new UsageError(error.message) : error
  }
}

function namedCheckout(folder: string): string {
  if (isCheckout(folder)) return folder
  throw new UsageError(`${folder} is no checkout of Guildhall (--root or GUILDHALL_ROOT).`)
}

function checkoutAbove(folder: string): string | undefined {
  if (isCheckout(folder)) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : checkoutAbove(parent)
}

function ownCheckout(): string {
  return resolve(import.meta.dirname, '..', '..', '..')
}

function isCheckout(folder: string): boolean {
  const file = join(folder, 'package.json')
  try {
    return (
      existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'guildhall'
    )
  } catch {
    return false
  }
}
