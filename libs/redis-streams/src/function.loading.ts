import { functionLibrary } from './function.library.js'
import { RedisLink, type StreamsConnection } from './redis.link.js'
import { UnsuitableRedisError } from './streams.errors.js'

/**
 * Puts the functions of this version into Redis, in place of any earlier version. Redis keeps them in its AOF. Needs
 * the user `admin`; may be called again at any time, under load too.
 * @throws UnsuitableRedisError when Redis is older than 7.0.
 */
export async function loadFunctionLibrary(connection: StreamsConnection): Promise<void> {
  const link = new RedisLink(connection, 'guildhall:load-functions')
  try {
    await link.run(async (redis) => {
      const version = /redis_version:(\d+)\S*/.exec(await redis.info('server'))
      if (Number(version?.[1]) < 7)
        throw new UnsuitableRedisError(`Redis 7.0 or newer is needed, this one says ${version?.[0]}`)
      await redis.call('FUNCTION', 'LOAD', 'REPLACE', functionLibrary)
    })
  } finally {
    await link.close()
  }
}
