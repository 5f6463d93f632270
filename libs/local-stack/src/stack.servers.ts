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

/** Does a piece of work and shows it. */
type Step = (name: string, work: () => Promise<void>) => Promise<void>

/** How a stack gets its two servers: as processes of this machine, or as containers. */
export interface StackServers {
  redis(port: number): Promise<ServerPlan>
  mariadb(port: number): Promise<ServerPlan>
  readonly redisAdmin: { readonly username: string; readonly password: string }
  readonly mariadbAdmin: { readonly user: string; readonly password: string }
  /** Sees to it that they can be started: what an engine has of an earlier run goes, with its ports; what it lacks is fetched. */
  prepare(step: Step): Promise<void>
  /** Takes away what stopped servers left in an engine; nothing for processes. */
  cleanUp(): Promise<void>
}

export const aclFileName = 'users.acl'

export function stackServers(dir: StateDir, ambient: AmbientConfig): StackServers {
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
      redis: (port) =>
        Promise.resolve(
          planRedis({
            dir: dir.redis,
            port,
            aclFile,
            login: redisAdmin,
            logFile: redisLog,
            path,
          }),
        ),
      mariadb: (port) =>
        planMariadb({
          dir: dir.mariadb,
          port,
          adminPassword: admin.value,
          logFile: mariadbLog,
          path,
        }),
      prepare: () => Promise.resolve(),
      cleanUp: () => Promise.resolve(),
    }
  }
  const engine = new DockerEngine(ambient, dir.path)
  return {
    ...accounts,
    redis: (port) =>
      Promise.resolve(
        planRedisContainer({
          engine,
          dir: dir.redis,
          port,
          logFile: redisLog,
          aclFileName,
          login: redisAdmin,
        }),
      ),
    mariadb: (port) =>
      planMariadbContainer({
        engine,
        dir: dir.mariadb,
        port,
        logFile: mariadbLog,
        adminPassword: admin.value,
      }),
    prepare: async (step) => {
      await engine.connect()
      await engine.removeContainers()
      for (const image of [redisImage, mariadbImage]) {
        if (!(await engine.hasImage(image))) await step(`fetching ${image}`, () => engine.fetchImage(image))
      }
    },
    cleanUp: () => (engine.isConnected ? engine.removeContainers() : Promise.resolve()),
  }
}
