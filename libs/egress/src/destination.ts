import { canonicalHost } from '@guildhall/contracts'

/** Where a client of the proxy wants to go; the host in its canonical form, see `canonicalHost`. */
export interface Destination {
  host: string
  port: number
}

/** A request for a plain HTTP resource, as the proxy passes it on. */
export interface PlainTarget {
  destination: Destination
  /** Path and query, exactly as the client wrote them. */
  path: string
}

// Names come in Punycode: what a parser makes of other bytes is no business of a gate.
const visibleAscii = /^[!-~]{1,300}$/

/** What `CONNECT` names: always with a port. Undefined for everything that is not plainly a host and a port. */
export function parseAuthority(text: string): Destination | undefined {
  // A pattern is no host.
  if (!visibleAscii.test(text) || text.includes('*')) return undefined
  const canonical = canonicalHost(text)
  if (canonical === undefined) return undefined
  const colon = canonical.lastIndexOf(':')
  return { host: canonical.slice(0, colon), port: Number(canonical.slice(colon + 1)) }
}

/** The absolute form that clients send to a proxy. Only `http:`, and without user and password. */
export function parsePlainTarget(text: string): PlainTarget | undefined {
  const [, authority, rest] = /^http:\/\/([^/?#]*)([^#]*)/i.exec(text) ?? []
  if (authority === undefined || rest === undefined) return undefined
  const hasPort = /:\d*$/.test(authority) && !authority.endsWith(']')
  const destination = parseAuthority(hasPort ? authority : `${authority}:80`)
  if (destination === undefined) return undefined
  return { destination, path: rest.startsWith('/') ? rest : `/${rest}` }
}

/** As the header `Host` has it. */
export function hostHeader({ host, port }: Destination): string {
  return port === 80 ? host : `${host}:${port}`
}
