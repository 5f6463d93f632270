import { hostname } from 'node:os'
import type { ServiceName } from '@guildhall/contracts'
import { parseStreamsUrl, type StreamsAddress, type StreamsConnection } from '@guildhall/redis-streams'
import { Environment, SettingError } from './environment.config.js'

/** What every service is told by its environment. */
export interface ServiceConfig {
  name: ServiceName
  /** Unique among the replicas and stable over restarts: a restarted instance goes on with what it held. */
  instance: string
  /** Names of the parts that the streams are divided into; the same list for every process. */
  shards: readonly string[]
  redis: StreamsConnection
  mysql: { host: string; port: number; password: string | (() => string) }
  http: { host: string; port: number }
  logLevel: string
}

/**
 * GUILDHALL_REDIS_URL, GUILDHALL_REDIS_PASSWORD[_FILE], GUILDHALL_MYSQL_URL, GUILDHALL_MYSQL_PASSWORD[_FILE] are
 * needed, and a password from a file is read anew for each connection; GUILDHALL_INSTANCE defaults to
 * `<service>-<host name>`, GUILDHALL_SHARDS to main, GUILDHALL_HTTP_HOST to 127.0.0.1, GUILDHALL_HTTP_PORT to 0 (any
 * free port), GUILDHALL_LOG_LEVEL to info.
 * @throws SettingError
 */
export function readServiceConfig(name: ServiceName, environment = Environment.fromProcess()): ServiceConfig {
  return {
    name,
    instance: environment.optional('GUILDHALL_INSTANCE') ?? `${name}-${hostname()}`,
    shards: readShards(environment),
    redis: {
      ...readStreamsAddress(environment),
      username: name,
      password: environment.changingSecret('GUILDHALL_REDIS_PASSWORD'),
    },
    mysql: {
      ...environment.address('GUILDHALL_MYSQL_URL', 'mysql', 3306),
      password: environment.changingSecret('GUILDHALL_MYSQL_PASSWORD'),
    },
    http: {
      host: environment.optional('GUILDHALL_HTTP_HOST') ?? '127.0.0.1',
      port: environment.integer('GUILDHALL_HTTP_PORT', 0),
    },
    logLevel: readLogLevel(environment),
  }
}

function readStreamsAddress(environment: Environment): StreamsAddress {
  const address = parseStreamsUrl(environment.required('GUILDHALL_REDIS_URL'))
  if (address) return address
  throw new SettingError(
    'GUILDHALL_REDIS_URL must be redis://<host>:<port>, or redis+cluster://<host>:<port>,<host>:<port> for a cluster, ' +
      'without credentials: set the password in its own variable',
  )
}

const shardPattern = /^[a-z0-9-]{1,32}$/

function readShards(environment: Environment): string[] {
  const shards = (environment.optional('GUILDHALL_SHARDS') ?? 'main').split(',').map((name) => name.trim())
  if (shards.every((name) => shardPattern.test(name)) && new Set(shards).size === shards.length) return shards
  throw new SettingError(
    'GUILDHALL_SHARDS must be different names, joined by commas, each of 1 to 32 lower case letters, digits and hyphens',
  )
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

function readLogLevel(environment: Environment): string {
  const level = environment.optional('GUILDHALL_LOG_LEVEL') ?? 'info'
  if (logLevels.includes(level)) return level
  throw new SettingError(`GUILDHALL_LOG_LEVEL must be one of ${logLevels.join(', ')}, not '${level}'`)
}
