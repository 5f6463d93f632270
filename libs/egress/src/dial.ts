import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { AddressPolicy } from './address.policy.js'
import type { Destination } from './destination.js'
import { EgressRefused } from './egress.events.js'

/** All addresses of a name, best first. */
export type Resolve = (name: string) => Promise<readonly string[]>

export const resolveBySystem: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address)

/**
 * A connection to the destination. The name is resolved once, all that it resolves to must be fit, and the connection
 * goes to an address that was checked: who controls the name gets no second answer.
 *
 * @param withinMs for the name and the connection together
 * @throws EgressRefused
 */
export async function dial(
  { host, port }: Destination,
  policy: AddressPolicy,
  resolve: Resolve,
  withinMs: number,
  signal: AbortSignal,
): Promise<{ socket: Socket; address: string }> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(withinMs)])
  const tooSlow = (): EgressRefused =>
    new EgressRefused('too-slow', `${host}:${port} did not answer within ${withinMs} ms`)
  const addresses = await within(addressesOf(host, resolve), deadline, tooSlow)
  const targets = addresses.map((address) => policy.connectable(address, port, ownAddresses()))
  const checked = targets.filter((target) => target !== undefined)
  if (checked.length < targets.length)
    throw new EgressRefused('address-refused', `${host} has an address that runs may not reach`, addresses)
  let failure = 'it has no address'
  for (const address of checked) {
    const socket = connect({ host: address, port, allowHalfOpen: true })
    try {
      await within(connected(socket), deadline, tooSlow)
      return { socket, address }
    } catch (error) {
      socket.destroy()
      if (deadline.aborted) throw tooSlow()
      failure = (error as NodeJS.ErrnoException).code ?? 'unknown'
    }
  }
  throw new EgressRefused('unreachable', `${host}:${port} cannot be reached: ${failure}`, addresses)
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  const literal = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(literal) !== 0) return [literal]
  return resolve(host).catch((error: NodeJS.ErrnoException) => {
    throw new EgressRefused('name-not-found', `${host} cannot be resolved: ${error.code ?? 'unknown'}`)
  })
}

/** Rejects at the deadline even when the work cannot be stopped. */
async function within<T>(work: Promise<T>, deadline: AbortSignal, tooSlow: () => Error): Promise<T> {
  let onAbort: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    onAbort = () => reject(tooSlow())
    if (deadline.aborted) onAbort()
    else deadline.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    if (onAbort) deadline.removeEventListener('abort', onAbort)
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve()
    })
    socket.once('error', reject)
  })
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => address),
  )
}
