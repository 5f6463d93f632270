import { StateError } from './state.errors.js'

export const valueLimitBytes = 1024 * 1024

/** No slash, so that space and key can be joined by one without two pairs ever meeting. */
export function checkSpace(space: string): void {
  if (/^[A-Za-z0-9_.:@-]{1,200}$/.test(space)) return
  throw new StateError('invalid-space', 'A key space has 1 to 200 letters, digits and _ . : @ -')
}

export function checkKey(key: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  if (key.length >= 1 && key.length <= 512 && !/[\u0000-\u001f\u007f]/.test(key) && key.isWellFormed()) return
  throw new StateError('invalid-key', 'A key has 1 to 512 characters and no control characters')
}

export function checkTtl(ttlMs: number | undefined): void {
  if (ttlMs === undefined || (Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= maxTtlMs)) return
  throw new StateError('invalid-ttl', 'ttlMs is a whole number from 1 to 100 years of milliseconds')
}

const maxTtlMs = 100 * 365 * 24 * 3_600_000

/**
 * The value as JSON text.
 * @throws StateError when JSON cannot hold it or it is larger than 1 MiB.
 */
export function jsonOf(value: unknown): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    throw new StateError('invalid-value', `The value is no JSON: ${(error as Error).message}`)
  }
  if (json === undefined)
    throw new StateError('invalid-value', 'The value is no JSON; delete the key instead')
  if (Buffer.byteLength(json) <= valueLimitBytes) return json
  throw new StateError('invalid-value', `The value is larger than ${valueLimitBytes} bytes`)
}

/**
 * The version that follows. Above the one before and not below the time, so that it grows after a deletion too, when
 * nothing is left to count from.
 */
export function nextVersion(before: number, nowMs: number): number {
  return Math.max(before + 1, nowMs)
}

/** @throws StateError `version-conflict` when another version is there than the caller expects; 0 means nothing is. */
export function checkVersion(expected: number | undefined, current: number): void {
  if (expected === undefined || expected === current) return
  const found = current === 0 ? 'nothing is persisted under this key' : `it is at version ${current}`
  throw new StateError(
    'version-conflict',
    `Expected version ${expected}, but ${found}: read it and decide again`,
  )
}
