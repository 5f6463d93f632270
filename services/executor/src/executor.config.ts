import { availableParallelism, totalmem } from 'node:os'
import { isAbsolute } from 'node:path'
import { type AddressAllowance, areAddressAllowances } from '@guildhall/egress'
import { defaultLimits, type Isolation, IsolationSettingError, readIsolation } from '@guildhall/sandbox'
import { Environment, SettingError } from '@guildhall/service-defaults'
import { asTierSettings, type TierSettings } from './functions/tier.policy.js'
import { type ModelSettings, readModelSettings } from './runtimes/model.settings.js'
import type { MountRoot } from './workspaces/mount.policy.js'

export abstract class ExecutorConfig {
  /** Absolute; holds workspaces, the files of skills and artifacts. Nobody else may write there. */
  abstract readonly dir: string
  /** Below these tasks may have folders mounted. */
  abstract readonly mountRoots: readonly MountRoot[]
  /** Never mounted, nor what holds them or lies in them; `dir` is private in any case. */
  abstract readonly privateDirs: readonly string[]
  /** Absolute; the secrets of functions: `<tenant>/<name>`, one file each. Undefined: there are none. */
  abstract readonly functionSecretsDir: string | undefined
  /** How function calls are isolated; `process`: not at all. */
  abstract readonly isolation: Isolation
  /** Runs at the same time, and function calls of all of them together; what is beyond waits. */
  abstract readonly concurrency: number
  /** How long function calls may take to end by themselves at a shutdown. */
  abstract readonly drainMs: number
  abstract readonly models: ModelSettings
  /** Instead of what the definitions of functions say. */
  abstract readonly functionTiers: TierSettings
  /** What runs may reach beside public addresses, if they may reach the host. */
  abstract readonly egressAddresses: readonly AddressAllowance[]
}

/**
 * GUILDHALL_EXECUTOR_DIR is needed. GUILDHALL_MOUNT_ROOTS (JSON `[{"path", "mode": "ro"|"rw"}]`, default none),
 * GUILDHALL_PRIVATE_DIRS (JSON list of paths, default none), GUILDHALL_FUNCTION_SECRETS_DIR (default none; never mounted),
 * GUILDHALL_ISOLATION, GUILDHALL_CONTAINER_SOCKET, GUILDHALL_CONTAINER_IMAGE, GUILDHALL_KUBERNETES_* (see `readIsolation`),
 * GUILDHALL_EXECUTOR_CONCURRENCY (default: processors, at least 2, and no more
 * than calls that all use their memory leave half of the machine's for), GUILDHALL_EXECUTOR_DRAIN_MS (default 6,000),
 * GUILDHALL_FUNCTION_TIERS (JSON object: function, or beginning with `*`, to `allow`, `ask` or `deny`; default: as each
 * function says); for models see `readModelSettings`.
 * GUILDHALL_EGRESS_ADDRESSES (JSON `[{"range": "10.1.0.0/16", "ports": [443]}]`, default none; without ports all of them).
 * @throws SettingError
 */
export function readExecutorConfig(environment = Environment.fromProcess()): ExecutorConfig {
  const secrets = environment.optional('GUILDHALL_FUNCTION_SECRETS_DIR')
  const functionSecretsDir = secrets && absolute('GUILDHALL_FUNCTION_SECRETS_DIR', secrets)
  return {
    dir: absolute('GUILDHALL_EXECUTOR_DIR', environment.required('GUILDHALL_EXECUTOR_DIR')),
    mountRoots: environment.json('GUILDHALL_MOUNT_ROOTS', [], areRoots),
    privateDirs: environment
      .json('GUILDHALL_PRIVATE_DIRS', [], arePaths)
      .map((path) => absolute('GUILDHALL_PRIVATE_DIRS', path))
      .concat(functionSecretsDir ?? []),
    functionSecretsDir,
    isolation: isolationIn(environment),
    concurrency: environment.integer(
      'GUILDHALL_EXECUTOR_CONCURRENCY',
      usualConcurrency(availableParallelism(), totalmem()),
      1,
    ),
    drainMs: environment.integer('GUILDHALL_EXECUTOR_DRAIN_MS', 6_000),
    models: readModelSettings(environment),
    functionTiers: environment.json('GUILDHALL_FUNCTION_TIERS', {}, areTiers),
    egressAddresses: environment.json('GUILDHALL_EGRESS_ADDRESSES', [], areAddressAllowances),
  }
}

/**
 * Calls at the same time that processors and memory carry: at most half of the memory, were all at their limit. The other
 * half is for the processes for files that runs have, one each at most and bounded like a call.
 */
export function usualConcurrency(processors: number, memoryBytes: number): number {
  const byMemory = Math.floor(memoryBytes / 2 / defaultLimits.memoryBytes)
  return Math.max(1, Math.min(Math.max(2, processors), byMemory))
}

function isolationIn(environment: Environment): Isolation {
  const isProduction = environment.optional('NODE_ENV') === 'production'
  try {
    return readIsolation((name) => environment.optional(name), isProduction)
  } catch (error) {
    throw error instanceof IsolationSettingError ? new SettingError(error.message) : error
  }
}

function absolute(name: string, path: string): string {
  if (!isAbsolute(path)) throw new SettingError(`${name} must hold absolute paths, not '${path}'`)
  return path
}

function areTiers(value: unknown): value is TierSettings {
  return asTierSettings(value) !== undefined
}

function areRoots(value: unknown): value is MountRoot[] {
  return (
    Array.isArray(value) &&
    value.every(
      (root: unknown) =>
        typeof root === 'object' &&
        root !== null &&
        'path' in root &&
        typeof root.path === 'string' &&
        isAbsolute(root.path) &&
        'mode' in root &&
        (root.mode === 'ro' || root.mode === 'rw'),
    )
  )
}

function arePaths(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((path) => typeof path === 'string')
}
