import { hash } from 'node:crypto'

const namespaces = new Map<string, Buffer>()

/**
 * The id that a name has within a namespace, which is a UUID too: the same each time (UUIDv5, RFC 9562). An answer has
 * one, so it is made with one call for the digest.
 */
export function nameBasedId(name: string, namespace: string): string {
  let space = namespaces.get(namespace)
  if (!space) namespaces.set(namespace, (space = Buffer.from(namespace.replaceAll('-', ''), 'hex')))
  const hex = hash('sha1', Buffer.concat([space, Buffer.from(name)]), 'hex')
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
