import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * SHA-256 (hex) of the canonical JSON of a value (RFC 8785): the same for every key order and spelling of numbers.
 * @throws TypeError when the value has no JSON form (undefined, functions, NaN, cycles, half a surrogate pair).
 */
export function canonicalDigest(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex')
}

function canonicalText(value: unknown): string {
  let reason = 'undefined and functions are none'
  try {
    const text = canonicalize(value)
    if (text !== undefined) return text
  } catch (error) {
    reason = (error as Error).message
  }
  throw new TypeError(`only a JSON value has a digest: ${reason}`)
}
