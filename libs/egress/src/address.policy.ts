import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Addresses that the operator lets runs reach although they are not public. */
export interface AddressAllowance {
  /** One address or a range: `10.1.0.0/16`, `127.0.0.1`, `fd00::/8`. */
  range: string
  /** Default: all. */
  ports?: readonly number[]
}

/** Whether what an operator wrote is a list of allowances, each with an address or range and ports that exist. */
export function areAddressAllowances(value: unknown): value is AddressAllowance[] {
  return Array.isArray(value) && value.every(isAllowance)
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

// Public by their number, but answered by the host's cloud: credentials and settings of the machine.
const CLOUD_HOSTS = new Set(['168.63.129.16'])
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Which addresses a run may be connected to: the public ones, and those that the operator allows. An IPv4 address
 * within an IPv6 one (mapped, or behind a NAT64 gateway) counts as itself; other ways to write one within the other are
 * refused whatever they hold.
 */
export class AddressPolicy {
  private readonly allowed: { range: [Address, number]; ports: readonly number[] | undefined }[]

  /** @throws RangeError naming an allowance that is no address, range or port */
  constructor(allowances: readonly AddressAllowance[] = []) {
    this.allowed = allowances.map(({ range, ports }) => ({ range: parseRange(range), ports: checked(ports) }))
  }

  /**
   * The address to connect to, an IPv4 one unwrapped; undefined when it is refused.
   * @param own addresses of this machine, refused although they may be public
   */
  connectable(text: string, port: number, own: readonly string[] = []): string | undefined {
    if (isIP(text) === 0) return undefined
    const address = ipaddr.parse(text)
    const unmapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
    const target = unmapped ? address.toIPv4Address() : address
    const meant = behindNat64(target)
    if (this.isAllowed(meant, port)) return target.toString()
    if (!isPublic(meant)) return undefined
    return own.some((one) => isSame(one, meant)) ? undefined : target.toString()
  }

  private isAllowed(address: Address, port: number): boolean {
    return this.allowed.some(
      ({ range: [base, bits], ports }) =>
        base.kind() === address.kind() && address.match(base, bits) && (ports?.includes(port) ?? true),
    )
  }
}

function isPublic(address: Address): boolean {
  // What the library knows nothing about it calls unicast, `::7f00:1` for one.
  if (address instanceof ipaddr.IPv6 && !address.match(GLOBAL_IPV6)) return false
  return address.range() === 'unicast' && !CLOUD_HOSTS.has(address.toString())
}

function behindNat64(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6) || !address.match(NAT64)) return address
  return ipaddr.fromByteArray(address.toByteArray().slice(12))
}

function isSame(text: string, address: Address): boolean {
  return isIP(text) !== 0 && ipaddr.process(text).toNormalizedString() === address.toNormalizedString()
}

function parseRange(text: string): [Address, number] {
  const [address = '', bits] = text.split('/')
  const kind = isIP(address)
  const most = kind === 4 ? 32 : 128
  if (kind === 0 || text.split('/').length > 2 || !/^\d{1,3}$/.test(bits ?? '0') || Number(bits ?? 0) > most)
    throw new RangeError(`${JSON.stringify(text)} is neither an address nor a range like 10.1.0.0/16`)
  return [ipaddr.parse(address), Number(bits ?? most)]
}

function isAllowance(value: unknown): value is AddressAllowance {
  if (typeof value !== 'object' || value === null) return false
  const { range, ports, ...unknown } = value as Record<string, unknown>
  const isPort = (port: unknown): boolean => typeof port === 'number'
  if (typeof range !== 'string' || Object.keys(unknown).length > 0) return false
  if (ports !== undefined && !(Array.isArray(ports) && ports.every(isPort))) return false
  try {
    return new AddressPolicy([value as AddressAllowance]) instanceof AddressPolicy
  } catch {
    return false
  }
}

function checked(ports: readonly number[] | undefined): readonly number[] | undefined {
  const wrong = ports?.find((port) => !Number.isInteger(port) || port < 1 || port > 65_535)
  if (wrong !== undefined) throw new RangeError(`${String(wrong)} is no port`)
  return ports
}
