import { Redis } from 'ioredis'
import { pause } from './back-off.js'
import { functionLibrary } from './function.library.js'
import { PrimaryLinks } from './primary.links.js'
import type { StreamsConnection } from './redis.link.js'
import { silentLogger, type StreamsLogger } from './streams.logger.js'
import { UnsuitableRedisError } from './streams.errors.js'

/**
 * Puts the functions of this version into Redis, in place of any earlier version: into each primary of a cluster.
 * Redis keeps them in its AOF and gives them to its replicas. Needs the user `admin`; may be called again at any time,
 * under load too.
 * @throws UnsuitableRedisError when Redis is older than 7.0.
 */
export async function loadFunctionLibrary(connection: StreamsConnection): Promise<void> {
  const primaries = new PrimaryLinks(connection, 'guildhall:load-functions')
  const loadInto = async (redis: Redis) => {
    const version = /redis_version:(\d+)\S*/.exec(await redis.info('server'))
    if (Number(version?.[1]) < 7)
      throw new UnsuitableRedisError(`Redis 7.0 or newer is needed, this one says ${version?.[0]}`)
    await load(redis)
  }
  try {
    await primaries.each(loadInto)
  } finally {
    await primaries.close()
  }
}

export interface KeepingOptions {
  /** Between two looks. Default 1,000. */
  everyMs?: number
  /** Ends it. */
  signal: AbortSignal
  /** Absent: silent. */
  logger?: Pick<StreamsLogger, 'info' | 'warn'>
}

/**
 * Keeps the functions of this version in Redis, in each primary of a cluster: looks whether they are there and loads them when they are missing
 * (FUNCTION FLUSH, a Redis that came back empty) or of another version. Needs the user `admin`. While Redis is away it
 * goes on looking.
 * @returns when the signal is aborted; never rejects.
 */
export async function keepFunctionLibrary(
  connection: StreamsConnection,
  { everyMs = 1_000, signal, logger = silentLogger }: KeepingOptions,
): Promise<void> {
  const primaries = new PrimaryLinks(connection, 'guildhall:keep-functions')
  let isFailing = false
  while (!signal.aborted) {
    try {
      await primaries.each(async (redis) => {
        if (await isThere(redis)) return
        await load(redis)
        logger.info({}, 'the function library was missing in Redis and is loaded again')
      })
      isFailing = false
    } catch (error) {
      if (!isFailing)
        logger.warn({ err: error }, 'the function library cannot be looked after; it is tried again')
      isFailing = true
    }
    await pause(everyMs, signal)
  }
  await primaries.close()
}

async function load(redis: Redis): Promise<void> {
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', functionLibrary)
}

async function isThere(redis: Redis): Promise<boolean> {
  const found = await redis.call('FUNCTION', 'LIST', 'LIBRARYNAME', 'guildhall', 'WITHCODE')
  // A list of libraries, each a flat list of names and values.
  const [library] = found as unknown[][]
  return library?.[library.indexOf('library_code') + 1] === functionLibrary
}
