import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RedisFixture } from './redis.fixture.js'
import { RedisLink } from './redis.link.js'
import { UnavailableError } from './streams.errors.js'

describe('a password that changes', () => {
  let redis: RedisFixture
  beforeAll(async () => {
    redis = await RedisFixture.start()
  })
  afterAll(() => redis.stop())

  it('is asked anew for each connection; to be refused is an outage', async () => {
    let password = () => redis.as('executor').password
    const link = new RedisLink({ ...redis.as('executor'), password: () => password() }, 'test', {
      shard: undefined,
    })
    const ping = () => link.run((client) => client.ping())
    expect(await ping()).toBe('PONG')

    const hash = createHash('sha256').update('the next').digest('hex')
    await redis.admin.call('ACL', 'SETUSER', 'executor', 'resetpass', `#${hash}`)
    expect(await ping()).toBe('PONG')
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'executor')
    await expect.poll(() => ping().catch((error: unknown) => error)).toBeInstanceOf(UnavailableError)
    await expect(ping()).rejects.toThrow('Redis refuses the password of executor')

    password = () => {
      throw new Error('no such file')
    }
    await expect(ping()).rejects.toThrow(new UnavailableError('The password for Redis cannot be read'))
    password = () => 'the next'
    expect(await ping()).toBe('PONG')
    await link.close()
  })
})
