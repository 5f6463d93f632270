import { dirname, join } from 'node:path'

import type { ServiceName } from '@guildhall/contracts'

import { mariadbAdmin } from './mariadb.accounts.js'
import { randomSecret, replaceSecret, secretFile, sha256Hex } from './secret.files.js'
import { AlreadyRunningError, StackError } from './stack.error.js'
import { writeAccessList } from './stack.provisioning.js'
import { readStackInfo, type StackInfo } from './stack.record.js'
import { type StateDir, stateDirAt } from './state.dir.js'
import { takeSupervisorLock } from './supervisor.lock.js'

/**
 * Replaces the passwords of services for Redis and MariaDB in a running stack, one service after the other. Work goes on
 * meanwhile: each service reads its new password for its next connection. Afterwards the old passwords are refused, and
 * no connection is left that was made with one. Should it be interrupted, calling it again, or the next start of the
 * stack, makes files and servers agree.
 *
 * @param onService called when a service has its new passwords
 * @throws StackError when no stack runs, another call is at work, or a server refuses
 */
export async function rotateCredentials(
  stateDir: string,
  services: readonly ServiceName[],
  onService: (service: ServiceName) => void,
): Promise<void> {
  const dir = stateDirAt(stateDir)
  const info = readStackInfo(stateDir)
  if (info === undefined)
    throw new StackError('credentials', 'Guildhall is not running here.', 'Start it: guildhall up')
  const release = takeRotationLock(dir)
  try {
    for (const service of services) {
      await rotateRedis(dir, info, service)
      await rotateMariadb(dir, info, service)
      onService(service)
    }
  } finally {
    release()
  }
}

// Redis takes both passwords until the service's file has the new one. Its access list on the disk goes first each time:
// should it start again in between, it knows at least what it knew.
async function rotateRedis(dir: StateDir, { redis, shards }: StackInfo, service: ServiceName): Promise<void> {
  const { endConnections, setPasswords } = await import('@guildhall/redis-streams/provisioning')
  const name = `${service}.redis`
  const password = secretFile(dir.secrets, 'admin.redis').value
  const admin = { host: redis.host, port: redis.port, username: 'admin', password }
  const next = randomSecret()
  const both = [sha256Hex(secretFile(dir.secrets, name).value), sha256Hex(next)]
  await orStackError(service, async () => {
    await writeAccessList(dir, shards, { [service]: both })
    await setPasswords(admin, service, both)
    replaceSecret(dir.secrets, name, next)
    await writeAccessList(dir, shards)
    await setPasswords(admin, service, [sha256Hex(next)])
    await endConnections(admin, service)
  })
}

async function rotateMariadb(dir: StateDir, { mariadb }: StackInfo, service: ServiceName): Promise<void> {
  const { replacePassword } = await import('@guildhall/mysql')
  const next = randomSecret()
  replaceSecret(dir.secrets, `${service}.mysql`, next)
  await orStackError(service, () =>
    replacePassword({
      host: mariadb.host,
      port: mariadb.port,
      adminUser: mariadbAdmin,
      adminPassword: secretFile(dir.secrets, 'admin.mysql').value,
      service,
      password: next,
    }),
  )
}

function takeRotationLock(dir: StateDir): () => void {
  try {
    return takeSupervisorLock(join(dirname(dir.lockFile), 'rotation.json'), dir.path)
  } catch (error) {
    if (!(error instanceof AlreadyRunningError)) throw error
    const message = `Process ${error.pid} is just replacing credentials.`
    throw new StackError('credentials', message, 'Wait until it is done.', { cause: error })
  }
}

async function orStackError(service: ServiceName, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new StackError(`credentials of ${service}`, message, 'Do it again when the servers are up.', {
      cause,
    })
  }
}
