import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { DockerEngine } from './docker.engine.js'
import { renderAccounts } from './mariadb.accounts.js'
import { mariadbAnswers } from './mariadb.probe.js'
import { serverFlags } from './mariadb.server.js'
import { writePrivateFile } from './private.file.js'
import { renderRedisConfig } from './redis.config.file.js'
import { redisAnswers } from './redis.probe.js'
import type { ServerPlan } from './running.server.js'

export const redisImage = 'redis:7-alpine'
export const mariadbImage = 'mariadb:10.11'

interface ContainerOptions {
  readonly engine: DockerEngine
  readonly dir: string
  readonly port: number
  readonly logFile: string
}

/**
 * Redis in a container. `docker run` stays in the foreground and passes signals on, so a container is supervised, stopped
 * and logged as a process is. The access list must lie in `dir`.
 */
export function planRedisContainer(
  options: ContainerOptions & { aclFileName: string; login: { username: string; password: string } },
): ServerPlan {
  const { dir, port, login } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writePrivateFile(
    join(dir, 'redis.conf'),
    renderRedisConfig({ bind: '0.0.0.0', port: 6379, dir: '/data', aclFile: `/data/${options.aclFileName}` }),
  )
  return containerPlan(options, {
    name: 'redis',
    containerPort: 6379,
    run: [`--volume=${dir}:/data`, redisImage, 'redis-server', '/data/redis.conf'],
    isReady: () => redisAnswers(port, login),
  })
}

/** MariaDB in a container, with the same accounts and flags as on the machine itself. */
export function planMariadbContainer(
  options: ContainerOptions & { adminPassword: string; adminPasswordFile: string },
): ServerPlan {
  const { dir, port } = options
  const dataDir = join(dir, 'data')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // Clients come from the engine's bridge, under whatever address it has.
  writePrivateFile(join(dir, 'accounts.sql'), renderAccounts(options.adminPassword, ['%']))
  return containerPlan(options, {
    name: 'mariadb',
    containerPort: 3306,
    run: [
      `--volume=${dataDir}:/var/lib/mysql`,
      `--volume=${join(dir, 'accounts.sql')}:/run/guildhall/accounts.sql:ro`,
      `--volume=${options.adminPasswordFile}:/run/guildhall/root-password:ro`,
      '--env=MARIADB_ROOT_PASSWORD_FILE=/run/guildhall/root-password',
      '--env=MARIADB_ROOT_HOST=localhost',
      mariadbImage,
      '--init-file=/run/guildhall/accounts.sql',
      ...serverFlags,
    ],
    isReady: () => mariadbAnswers(port),
  })
}

interface Container {
  readonly name: string
  readonly containerPort: number
  readonly run: readonly string[]
  readonly isReady: () => Promise<boolean>
}

function containerPlan({ engine, dir, port, logFile }: ContainerOptions, container: Container): ServerPlan {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  return {
    name: container.name,
    host: '127.0.0.1',
    port,
    command: engine.program,
    args: [
      'run',
      '--rm',
      '--init',
      '--pull=never',
      `--label=${engine.label}`,
      `--publish=127.0.0.1:${port}:${container.containerPort}`,
      // What it writes belongs to the person who started it. As root the images step down to a user of their own.
      ...(uid === 0 ? [] : [`--user=${uid}:${gid}`]),
      ...container.run,
    ],
    env: engine.env,
    cwd: dir,
    logFile,
    marker: engine.label,
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 20_000,
    isReady: container.isReady,
  }
}
