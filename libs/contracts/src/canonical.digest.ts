import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * SHA-256 (hex) of the canonical JSON of a value (RFC 8785): the same for every key order and spelling of numbers.
 * @throws TypeError when the value has no JSON form (undefined, functions, NaN, cycles).
 */
export function canonicalDigest(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a value without a JSON form has no digest')
  return createHash('sha256').update(text).digest('hex')
}
