import { open } from 'node:fs/promises'
import { parseStreamsUrl, type StreamsConnection } from '@guildhall/redis-streams/client'
import { ClientFileError } from './client.errors.js'

/** How to speak as one client: its id, its token, and the account on the streams. */
export interface ClientCredentials {
  id: string
  token: string
  /** Name of the stream on which the client is answered. */
  replyStream: string
  redis: StreamsConnection & { password: string }
  /** Names of the parts that the streams are divided into. */
  shards: readonly string[]
}

/**
 * Reads a client file, as the local stack writes it to `.guildhall/client.json` on its first start.
 * @throws ClientFileError when it is absent, malformed, or readable by anyone but its owner.
 */
export async function readClientFile(path: string): Promise<ClientCredentials> {
  return parseClientFile(path, await readPrivately(path))
}

/** @throws ClientFileError `malformed` when a field is absent or of another kind. */
export function parseClientFile(path: string, text: string): ClientCredentials {
  const malformed = (what: string) =>
    new ClientFileError('malformed', path, `${path}: ${what}. Delete it and start Guildhall again.`)
  let found: unknown
  try {
    found = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, and the text holds a token.
    throw malformed('not JSON')
  }
  const field = (name: string): string => {
    const value: unknown = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined
    if (typeof value !== 'string' || value === '') throw malformed(`"${name}" is missing`)
    return value
  }
  const address = parseStreamsUrl(field('redisUrl'))
  if (!address) throw malformed('"redisUrl" is not redis://host:port')
  const shards: unknown = Reflect.get(found as object, 'shards')
  if (!isNames(shards)) throw malformed('"shards" is no list of names')
  return {
    id: field('id'),
    token: field('token'),
    replyStream: field('replyStream'),
    redis: {
      ...address,
      username: field('redisUsername'),
      password: field('redisPassword'),
    },
    shards,
  }
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
}

async function readPrivately(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new ClientFileError('absent', path, `${path} cannot be read. Start Guildhall first: guildhall up`, {
      cause,
    })
  })
  try {
    // The mode of the opened file, not of the path: nobody swaps it in between.
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw new ClientFileError(
        'readable-by-others',
        path,
        `${path} holds a token and others may read it (mode ${(mode & 0o777).toString(8)}). ` +
          `Make it yours alone: chmod 600 ${path}`,
      )
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
