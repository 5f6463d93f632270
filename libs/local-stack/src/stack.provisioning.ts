import { join } from 'node:path'

import { serviceNames } from '@guildhall/contracts'
import type { StreamsAddress } from '@guildhall/redis-streams/provisioning'

import { writePrivateFile } from './private.file.js'
import { secretFile, sha256Hex } from './secret.files.js'
import { StackError } from './stack.error.js'
import { aclFileName, type StackServers } from './stack.servers.js'
import { makeStateDir, type StateDir } from './state.dir.js'

/**
 * Writes who may do what in Redis; read by Redis when it starts.
 * @param rotating hashes of users that have other passwords than the one in their file
 * @returns the path of the file
 */
export async function writeAccessList(
  dir: StateDir,
  shards: readonly string[],
  rotating: Readonly<Record<string, readonly string[]>> = {},
): Promise<string> {
  const { redisUsers, renderAclFile } = await import('@guildhall/redis-streams/provisioning')
  makeStateDir(dir)
  const passwordHashes = Object.fromEntries(
    redisUsers.map((user) => [user, sha256Hex(secretFile(dir.secrets, `${user}.redis`).value)]),
  )
  const file = join(dir.redis, aclFileName)
  writePrivateFile(file, renderAclFile({ shards, passwordHashes: { ...passwordHashes, ...rotating } }))
  return file
}

/** Loads the function library into the running Redis. Idempotent. */
export async function provisionRedis(servers: StackServers, redis: StreamsAddress): Promise<void> {
  const { loadFunctionLibrary } = await import('@guildhall/redis-streams/provisioning')
  await orStackError('function library of Redis', 'See the log of redis.', () =>
    loadFunctionLibrary({ ...redis, ...servers.redisAdmin }),
  )
}

/** Loads the function library again whenever Redis has lost it, until the signal; the services have no right to. */
export async function keepRedisProvisioned(
  servers: StackServers,
  redis: StreamsAddress,
  signal: AbortSignal,
  notice: (text: string) => void,
): Promise<void> {
  const { keepFunctionLibrary } = await import('@guildhall/redis-streams/provisioning')
  const note = (_: object, message: string) => notice(message)
  const connection = { ...redis, ...servers.redisAdmin }
  await keepFunctionLibrary(connection, { signal, logger: { info: note, warn: note } })
}

/** Loads what `provisionMariadb` works with, while the servers start. */
export async function loadMariadbProvisioning() {
  const [{ provisionDatabases, schemaName }, { migrate }] = await Promise.all([
    import('@guildhall/mysql'),
    import('@guildhall/migrations'),
  ])
  return { provisionDatabases, schemaName, migrate }
}

/** Makes each service's schema and user, and brings every schema up to date. Idempotent. */
export async function provisionMariadb(servers: StackServers, port: number, dir: StateDir): Promise<void> {
  const { provisionDatabases, schemaName, migrate } = await loadMariadbProvisioning()
  const { user, password } = servers.mariadbAdmin
  await orStackError('schemas and users of MariaDB', 'See the log of mariadb.', () =>
    provisionDatabases({
      host: '127.0.0.1',
      port,
      adminUser: user,
      adminPassword: password,
      services: serviceNames.map((service) => ({
        service,
        password: secretFile(dir.secrets, `${service}.mysql`).value,
      })),
    }),
  )
  await Promise.all(
    serviceNames.map((service) =>
      orStackError(`migrations of ${service}`, 'See the log of mariadb.', () =>
        migrate({ service, host: '127.0.0.1', port, user, password, database: schemaName(service) }),
      ),
    ),
  )
}

async function orStackError<T>(step: string, advice: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StackError(step, `${step}: ${error instanceof Error ? error.message : String(error)}`, advice, {
      cause: error,
    })
  }
}
