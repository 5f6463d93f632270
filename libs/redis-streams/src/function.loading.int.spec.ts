import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { keepFunctionLibrary } from './function.loading.js'
import { functionLibrary } from './function.library.js'
import { RedisFixture, until } from './redis.fixture.js'

describe('keepFunctionLibrary', () => {
  let redis: RedisFixture
  beforeAll(async () => {
    redis = await RedisFixture.start()
  })
  afterAll(() => redis.stop())

  const code = async () => JSON.stringify(await redis.admin.call('FUNCTION', 'LIST', 'WITHCODE'))
  const isRight = async () => (await code()).includes(JSON.stringify(functionLibrary))
  const calls = async (command: string) =>
    Number(
      new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.admin.info('commandstats'))?.[1] ?? 0,
    )
  const keep = () => {
    const stop = new AbortController()
    const messages: string[] = []
    const note = (_: object, message: string) => void messages.push(message)
    const keeping = keepFunctionLibrary(redis.as('admin'), {
      everyMs: 30,
      signal: stop.signal,
      logger: { info: note, warn: note },
    })
    onTestFinished(() => {
      stop.abort()
      return keeping
    })
    return messages
  }

  it('loads it when it is gone or of another version, and leaves it alone while it is right', async () => {
    const messages = keep()
    await redis.admin.call('FUNCTION', 'FLUSH')
    await until(isRight)
    await redis.admin.call('FUNCTION', 'LOAD', 'REPLACE', `${functionLibrary}\n-- of another version`)
    await until(isRight)
    await until(() => messages.length === 2)

    const [loads, looks] = [await calls('function\\|load'), await calls('function\\|list')]
    await until(async () => (await calls('function\\|list')) > looks + 5)
    expect(await calls('function\\|load')).toBe(loads)
  })

  it('loads it into a Redis that comes back without it', async () => {
    const messages = keep()
    await redis.admin.call('FUNCTION', 'FLUSH')
    await until(isRight)
    await redis.kill()
    await until(() => messages.some((message) => message.includes('cannot be looked after')))
    await redis.launch()
    await redis.admin.call('FUNCTION', 'FLUSH')
    await until(isRight)
  })
})
