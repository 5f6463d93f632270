import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { DockerEngine } from './docker.engine.js'
import { containerArguments, type Container } from './docker.container.js'
import { installArguments, serverArguments } from './mariadb.arguments.js'
import { provideMariadbFolder } from './mariadb.folder.js'
import { mariadbAnswers } from './mariadb.probe.js'
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

/** Redis in a container. The access list must lie in `dir`. */
export function planRedisContainer(
  options: ContainerOptions & { aclFileName: string; login: { username: string; password: string } },
): ServerPlan {
  const { dir, port, login } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writePrivateFile(
    join(dir, 'redis.conf'),
    renderRedisConfig({ bind: '0.0.0.0', port: 6379, dir: '/data', aclFile: `/data/${options.aclFileName}` }),
  )
  return containerPlan(options, 'redis', () => redisAnswers(port, login), {
    image: redisImage,
    folder: { source: dir, target: '/data' },
    program: 'redis-server',
    args: ['/data/redis.conf'],
    publish: { port, containerPort: 6379 },
  })
}

/** MariaDB in a container, with the same data, accounts and flags as on the machine itself. */
export async function planMariadbContainer(
  options: ContainerOptions & { adminPassword: string },
): Promise<ServerPlan> {
  const { engine, dir, port, adminPassword } = options
  const target = '/var/lib/mysql'
  const folder = { dir: target, isRoot: engine.owner.startsWith('0:') }
  const container = { image: mariadbImage, folder: { source: dir, target } }
  await provideMariadbFolder(dir, {
    adminPassword,
    // Clients come from the engine's bridge, under whatever address it has.
    adminHosts: ['%'],
    install: (dataName) =>
      engine.command([
        'run',
        ...containerArguments(engine, 'mariadb-install', {
          ...container,
          program: 'mariadb-install-db',
          args: installArguments(folder, dataName),
        }),
      ]),
  })
  return containerPlan(options, 'mariadb', () => mariadbAnswers(port), {
    ...container,
    program: 'mariadbd',
    // The socket not in the folder: one that macOS shares with a container may not be able to hold it.
    args: serverArguments({ ...folder, bind: '0.0.0.0', port: 3306, socket: '/tmp/mariadb.sock' }),
    publish: { port, containerPort: 3306 },
  })
}

// A docker program that was killed leaves its container behind, and with it the name, the port and the data in use.
const runAfresh = '"$0" rm --force --volumes "$1" >/dev/null 2>&1; shift; exec "$0" run "$@"'

/**
 * `docker run` stays in the foreground and passes signals on, so a container is supervised, stopped and logged as a
 * process is.
 */
function containerPlan(
  { engine, dir, port, logFile }: ContainerOptions,
  name: string,
  isReady: () => Promise<boolean>,
  container: Container,
): ServerPlan {
  return {
    name,
    host: '127.0.0.1',
    port,
    command: '/bin/sh',
    args: [
      '-c',
      runAfresh,
      engine.program,
      engine.containerName(name),
      ...containerArguments(engine, name, container),
    ],
    env: engine.env,
    cwd: dir,
    logFile,
    marker: engine.label,
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 20_000,
    // A signal that comes before the container runs reaches nobody.
    stopsOnlyWhenReady: true,
    isReady,
  }
}
