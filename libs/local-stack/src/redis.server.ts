import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { freePort } from './free.port.js'
import { ambientPath } from './local-stack.config.js'
import { writePrivateFile } from './private.file.js'
import { renderRedisConfig, type RedisConfig } from './redis.config.file.js'
import { redisAnswers } from './redis.probe.js'
import { runServer, type RunningServer, type ServerPlan } from './running.server.js'
import { requireProgram } from './search.path.js'

export interface RedisOptions {
  /** Data, configuration and, unless told otherwise, the log. Made when absent; data in it is loaded. */
  readonly dir: string
  /** Default: a free one. */
  readonly port?: number
  /** Access list to load; without one everybody on this machine may do everything. */
  readonly aclFile?: string
  /** A user that may PING; needed with an access list, which switches the default user off. */
  readonly login?: { readonly username: string; readonly password: string }
  readonly appendfsync?: RedisConfig['appendfsync']
  /** Default: `<dir>/redis.log`. */
  readonly logFile?: string
  /** Where to look for redis-server. Default: PATH and the system's administration directories. */
  readonly path?: string
}

/**
 * Starts a private Redis on 127.0.0.1 that keeps its data in `dir`. The caller stops it.
 *
 * @throws StackError with advice when the program is missing or does not start
 */
export async function startRedis(options: RedisOptions): Promise<RunningServer> {
  return runServer(planRedis({ ...options, port: options.port ?? (await freePort()) }))
}

/** Writes the configuration and says how to run it. */
export function planRedis(options: RedisOptions & { readonly port: number }): ServerPlan {
  const { dir, port, aclFile, appendfsync } = options
  const path = options.path ?? ambientPath()
  const command = requireProgram('redis', 'redis-server', 'redis-server', path)
  const configFile = join(dir, 'redis.conf')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writePrivateFile(
    configFile,
    renderRedisConfig({ bind: '127.0.0.1', port, dir, aclFile, ...(appendfsync && { appendfsync }) }),
  )
  return {
    name: 'redis',
    host: '127.0.0.1',
    port,
    command,
    args: [configFile],
    env: { PATH: path },
    cwd: dir,
    logFile: options.logFile ?? join(dir, 'redis.log'),
    // Redis rewrites its own command line, the configuration's path is gone from it then.
    marker: 'redis-server',
    listensOn: port,
    // A large append-only file takes its time to load.
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 10_000,
    isReady: () => redisAnswers(port, options.login),
  }
}
