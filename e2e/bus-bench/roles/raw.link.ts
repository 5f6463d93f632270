import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { RoleConnection } from '../role.protocol.js'
import { Redis } from 'ioredis'

/** The streams of the raw limits. */
export const raw = {
  inbox: 'bench:{raw}:inbox',
  outbox: 'bench:{raw}:outbox',
  audit: 'bench:{raw}:audit',
  service: 'bench:{raw}:service',
  reply: 'bench:{raw}:reply',
}
export const group = 'bench'

export type RawRead = [stream: string, entries: [id: string, fields: string[]][]][] | null

export async function connect(connection: RoleConnection, options: object = {}): Promise<Redis> {
  const redis = new Redis({ ...connection, maxRetriesPerRequest: null, ...options })
  await redis.ping()
  return redis
}

export async function makeGroup(redis: Redis, stream: string): Promise<void> {
  await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM').catch((error: Error) => {
    if (!error.message.startsWith('BUSYGROUP')) throw error
  })
}

/** Up to 100 new entries of a stream; none after `blockMs`. */
export async function readNew(redis: Redis, stream: string, blockMs = 200): Promise<[string, string[]][]> {
  const read = (await redis.xreadgroup(
    'GROUP',
    group,
    'consumer',
    'COUNT',
    100,
    'BLOCK',
    blockMs,
    'STREAMS',
    stream,
    '>',
  )) as RawRead
  return read?.[0]?.[1] ?? []
}

export function field(fields: readonly string[], name: string): string {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1] ?? ''
  return ''
}

// Every process of the benchmark has the same key; it keeps nothing secret.
const key = createSecretKey(Buffer.alloc(32, 7))

export function sign(text: string): string {
  return createHmac('sha256', key).update(text).digest('base64')
}

/** @throws Error when the signature is of another text. */
export function verify(text: string, signature: string): void {
  const expected = createHmac('sha256', key).update(text).digest()
  if (!timingSafeEqual(expected, Buffer.from(signature, 'base64'))) throw new Error('a wrong signature')
}

/** Nothing waits for this command; the process must not go on when it fails. */
export function unawaited(command: Promise<unknown>): void {
  command.catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
}
