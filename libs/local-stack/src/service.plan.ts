import { join } from 'node:path'

import type { ServiceName } from '@guildhall/contracts'

import type { AmbientConfig } from './local-stack.config.js'
import type { MountRoot } from './mount.roots.js'
import type { ProcessPlan } from './process.plan.js'
import type { StateDir } from './state.dir.js'

export interface ServicePlanInput {
  readonly service: ServiceName
  /** The checkout, built. */
  readonly root: string
  readonly dir: StateDir
  readonly ambient: AmbientConfig
  readonly httpPort: number
  readonly redisUrl: string
  readonly shards: readonly string[]
  readonly mariadbPort: number
  readonly mountRoots: readonly MountRoot[]
  readonly otlpEndpoint: string | undefined
  /** Added last. */
  readonly extraEnv: Readonly<Record<string, string>>
  readonly readyTimeoutMs: number
}

/**
 * What Node is told for a service: in MiB, twice what it lets be young by default before it collects. That takes a busy
 * process up to 48 MiB more, and less processor time; not so the audit, which packs large blocks and gains nothing.
 */
export function nodeOptionsOf(service: ServiceName): readonly string[] {
  return service === 'audit' ? [] : ['--max-semi-space-size=32']
}

/**
 * Where Node keeps compiled code: one place for all stacks of a checkout, since a service that finds none of its own writes
 * some 2,500 files when it ends.
 */
export function compileCacheOf(root: string): string {
  return join(root, '.guildhall', 'cache', 'node')
}

/** How to run a service on its built code, in an environment made from nothing. */
export function planService(input: ServicePlanInput): ProcessPlan {
  const { service, root, httpPort } = input
  const main = join(root, 'services', service, 'dist', 'main.js')
  return {
    name: service,
    command: process.execPath,
    args: [
      ...nodeOptionsOf(service),
      '--import',
      join(root, 'libs', 'service-defaults', 'dist', 'tracing.js'),
      main,
    ],
    env: { ...serviceEnvironment(input), ...input.extraEnv },
    cwd: root,
    logFile: join(input.dir.logs, `${service}.log`),
    marker: main,
    listensOn: httpPort,
    readyTimeoutMs: input.readyTimeoutMs,
    stopTimeoutMs: 10_000,
    isReady: () => answersOk(`http://127.0.0.1:${httpPort}/readyz`),
  }
}

/** The instance's name, the same over restarts: what it had pending is its own again. */
export function instanceOf(service: ServiceName): string {
  return `${service}-1`
}

export function serviceEnvironment(input: ServicePlanInput): Record<string, string> {
  const { service, root, dir, ambient } = input
  return {
    PATH: ambient.path,
    HOME: ambient.home,
    TMPDIR: ambient.temporaryDir,
    NODE_COMPILE_CACHE: compileCacheOf(root),
    GUILDHALL_INSTANCE: instanceOf(service),
    GUILDHALL_SHARDS: input.shards.join(','),
    GUILDHALL_HTTP_PORT: String(input.httpPort),
    GUILDHALL_REDIS_URL: input.redisUrl,
    GUILDHALL_REDIS_PASSWORD_FILE: join(dir.secrets, `${service}.redis`),
    GUILDHALL_MYSQL_URL: `mysql://127.0.0.1:${input.mariadbPort}`,
    GUILDHALL_MYSQL_PASSWORD_FILE: join(dir.secrets, `${service}.mysql`),
    ...(input.otlpEndpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: input.otlpEndpoint }),
    ...(service === 'router' ? { GUILDHALL_CLIENTS_FILE: dir.clientsFile } : {}),
    // One person runs it all: who hands in a task also answers for it.
    ...(service === 'task-scheduler' ? { GUILDHALL_APPROVAL_REQUESTER_MAY_ANSWER: 'true' } : {}),
    ...(service === 'skill-registry' ? ambient.registryModel : {}),
    ...(service === 'executor'
      ? {
          GUILDHALL_EXECUTOR_DIR: dir.executor,
          GUILDHALL_MOUNT_ROOTS: JSON.stringify(input.mountRoots),
          GUILDHALL_PRIVATE_DIRS: JSON.stringify([dir.path]),
          GUILDHALL_FUNCTION_SECRETS_DIR: dir.functionSecrets,
          ...ambient.isolation,
          ...ambient.model,
        }
      : {}),
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
