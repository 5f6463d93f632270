/** Hosts that may be reached: a name, `*.<name>` (all names below it), an address or `*`; with one port or `*` for all. */
interface HostPattern {
  /** `*`, `*.example.com`, `example.com`, `10.0.0.1` or `[::1]`. */
  host: string
  port: string
}

const name = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
const ipv4 = /^\d+\.\d+\.\d+\.\d+$/
const ipv6 = /^\[[0-9a-f:]+\]$/
const longestName = 253

/**
 * `host:port` in the one way of writing it: names in lower case and Punycode without a dot at the end, addresses as URLs
 * have them (`0x7f.1` is `127.0.0.1`), ports without leading zeros. Undefined for what is no host with a port.
 */
export function canonicalHost(text: string): string | undefined {
  const pattern = parseHost(text)
  return pattern && formatHost(pattern)
}

/** What both patterns reach: one of them, a mixture (`*:443` and `a.org:*` have `a.org:443`), or nothing. */
export function commonHost(one: string, other: string): string | undefined {
  const [a, b] = [parseHost(one), parseHost(other)]
  if (!a || !b) return undefined
  const host = narrowerName(a.host, b.host)
  const port = a.port === '*' ? b.port : b.port === '*' || a.port === b.port ? a.port : undefined
  return host === undefined || port === undefined ? undefined : formatHost({ host, port })
}

function parseHost(text: string): HostPattern | undefined {
  const [, host, port] = /^(.+):(\*|\d{1,5})$/.exec(text) ?? []
  if (host === undefined || port === undefined) return undefined
  const number = Number(port)
  if (port !== '*' && !(number >= 1 && number <= 65_535)) return undefined
  const canonical = canonicalName(host)
  return canonical === undefined ? undefined : { host: canonical, port: port === '*' ? port : String(number) }
}

function canonicalName(text: string): string | undefined {
  if (text === '*') return text
  const isWildcard = text.startsWith('*.')
  const rest = isWildcard ? text.slice(2) : text
  // What a URL would read as something else than its host: user, port, path, query, fragment, an escape.
  if (/[\s/\\?#@%*]/.test(rest) || (rest.includes(':') && !/^\[.*\]$/.test(rest))) return undefined
  const url = `http://${rest}`
  if (!URL.canParse(url)) return undefined
  const host = new URL(url).hostname.replace(/\.$/, '')
  if (ipv6.test(host) || ipv4.test(host)) return isWildcard ? undefined : host
  if (host.length > longestName || !name.test(host)) return undefined
  return isWildcard ? `*.${host}` : host
}

function narrowerName(one: string, other: string): string | undefined {
  if (holdsName(one, other)) return other
  return holdsName(other, one) ? one : undefined
}

function holdsName(wide: string, narrow: string): boolean {
  if (wide === '*' || wide === narrow) return true
  // A dot before the rest: `*.a.org` is neither `a.org` nor `ba.org`.
  return wide.startsWith('*.') && narrow.endsWith(wide.slice(1)) && narrow !== wide.slice(2)
}

function formatHost({ host, port }: HostPattern): string {
  return `${host}:${port}`
}
