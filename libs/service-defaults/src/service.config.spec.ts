import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Environment } from './environment.config.js'
import { readServiceConfig } from './service.config.js'

const needed = {
  GUILDHALL_REDIS_URL: 'redis://127.0.0.1:6380',
  GUILDHALL_REDIS_PASSWORD: 'for-redis',
  GUILDHALL_MYSQL_URL: 'mysql://db.example',
  GUILDHALL_MYSQL_PASSWORD: 'for-mysql',
}
const read = (values: Record<string, string>) => readServiceConfig('executor', new Environment(values))

describe('the configuration of a service', () => {
  it('needs Redis and MySQL, and has defaults for the rest', () => {
    expect(read(needed)).toEqual({
      name: 'executor',
      instance: `executor-${hostname()}`,
      shards: ['main'],
      redis: { host: '127.0.0.1', port: 6380, username: 'executor', password: 'for-redis' },
      mysql: { host: 'db.example', port: 3306, password: 'for-mysql' },
      http: { host: '127.0.0.1', port: 0 },
      logLevel: 'info',
    })
  })

  it('takes what the environment says', () => {
    const config = read({
      ...needed,
      GUILDHALL_INSTANCE: 'executor-2',
      GUILDHALL_SHARDS: 'a, b-2',
      GUILDHALL_HTTP_HOST: '0.0.0.0',
      GUILDHALL_HTTP_PORT: '9100',
      GUILDHALL_LOG_LEVEL: 'debug',
    })
    expect(config).toMatchObject({
      instance: 'executor-2',
      shards: ['a', 'b-2'],
      http: { host: '0.0.0.0', port: 9100 },
      logLevel: 'debug',
    })
  })

  it.each(Object.keys(needed))('names %s when it is missing', (name) => {
    expect(() => read({ ...needed, [name]: '' })).toThrow(name)
  })

  it.each(['A', 'a,,b', 'a,a', 'a b'])('says what shards are when it is told %j', (GUILDHALL_SHARDS) => {
    expect(() => read({ ...needed, GUILDHALL_SHARDS })).toThrow('GUILDHALL_SHARDS must be different names')
  })

  it('names the levels when the log level is none', () => {
    expect(() => read({ ...needed, GUILDHALL_LOG_LEVEL: 'loud' })).toThrow(
      "GUILDHALL_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not 'loud'",
    )
  })
})
