import { join } from 'node:path'

import { DockerEngine } from './docker.engine.js'
import { mariadbImage, planMariadbContainer, planRedisContainer, redisImage } from './docker.servers.js'
import type { AmbientConfig } from './local-stack.config.js'
import { mariadbAdmin } from './mariadb.accounts.js'
import { planMariadb } from './mariadb.server.js'
import { planRedis } from './redis.server.js'
import type { ServerPlan } from './running.server.js'
import { secretFile } from './secret.files.js'
import type { StateDir } from './state.dir.js'

/** How a stack gets its two servers: as processes of this machine, or as containers. */
export interface StackServers {
  readonly redis: () => Promise<ServerPlan>
  readonly mariadb: () => Promise<ServerPlan>
  readonly redisAdmin: { readonly username: string; readonly password: string }
  readonly mariadbAdmin: { readonly user: string; readonly password: string }
  /** Takes away what a stopped server left in an engine; nothing for processes. */
  cleanUp(): Promise<void>
}

export const aclFileName = 'users.acl'

export function stackServers(
  dir: StateDir,
  ambient: AmbientConfig,
  ports: { readonly redis: number; readonly mariadb: number },
): StackServers {
  const redisAdmin = { username: 'admin', password: secretFile(dir.secrets, 'admin.redis').value }
  const admin = secretFile(dir.secrets, 'admin.mysql')
  const redisLog = join(dir.logs, 'redis.log')
  const mariadbLog = join(dir.logs, 'mariadb.log')
  const accounts = { redisAdmin, mariadbAdmin: { user: mariadbAdmin, password: admin.value } }
  if (ambient.servers === 'native') {
    const { path } = ambient
    const aclFile = join(dir.redis, aclFileName)
    return {
      ...accounts,
      redis: () =>
        Promise.resolve(
          planRedis({
            dir: dir.redis,
            port: ports.redis,
            aclFile,
            login: redisAdmin,
            logFile: redisLog,
            path,
          }),
        ),
      mariadb: () =>
        planMariadb({
          dir: dir.mariadb,
          port: ports.mariadb,
          adminPassword: admin.value,
          logFile: mariadbLog,
          path,
        }),
      cleanUp: () => Promise.resolve(),
    }
  }
  const engine = new DockerEngine(ambient, dir.path)
  return {
    ...accounts,
    redis: async () => {
      await engine.provideImage(redisImage)
      return planRedisContainer({
        engine,
        dir: dir.redis,
        port: ports.redis,
        logFile: redisLog,
        aclFileName,
        login: redisAdmin,
      })
    },
    mariadb: async () => {
      await engine.provideImage(mariadbImage)
      return planMariadbContainer({
        engine,
        dir: dir.mariadb,
        port: ports.mariadb,
        logFile: mariadbLog,
        adminPassword: admin.value,
        adminPasswordFile: admin.file,
      })
    },
    cleanUp: () => engine.removeContainers(),
  }
}
