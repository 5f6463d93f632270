import { constants } from 'node:fs'
import { chmod, lchown, lstat, open, realpath, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { prepareWorkspace, type SandboxMount, type SandboxRequest } from '@guildhall/sandbox'
import { type AddressAllowance, AddressPolicy } from './address.policy.js'
import { Credential } from './credential.js'
import { type Resolve, resolveBySystem } from './dial.js'
import type { EgressEvent } from './egress.events.js'
import { defaultEgressLimits, type EgressLimits } from './egress.limits.js'
import { forwarder } from './forwarder.js'
import { RunProxy } from './run.proxy.js'

const SOCKET = 'proxy'
const PORT = 3128
/** Named so that no folder of a task comes to lie here. */
const TARGET = '/mnt/.guildhall-egress'
const OWN = 'localhost,127.0.0.1,::1'

export interface EgressOptions {
  /** Addresses beside the public ones. Default none. */
  allowedAddresses?: readonly AddressAllowance[]
  limits?: Partial<EgressLimits>
  /** Default: the system's resolver, /etc/hosts included. */
  resolve?: Resolve
  /** May not throw. */
  onEvent: (event: EgressEvent) => void
}

/** The parts of a sandbox call that its way out needs. */
type Call = Pick<SandboxRequest, 'argv' | 'env' | 'mounts'>

/** The way out of one run's sandboxes. */
export interface RunEgress {
  /** The same call, with the way out. Its own variables go before those that name the proxy. */
  through(call: Call): { argv: string[]; env: Record<string, string>; mounts: SandboxMount[] }
  /** Ends all connections and removes the socket; idempotent. */
  close(): Promise<void>
}

/**
 * The way out of sandboxes that have no network: one proxy a run, which listens on a Unix socket that is mounted into the
 * run's sandboxes, and nowhere else.
 */
export class Egress {
  private readonly policy: AddressPolicy
  private readonly limits: EgressLimits
  private readonly resolve: Resolve
  private readonly onEvent: (event: EgressEvent) => void

  /** @throws RangeError for allowances and limits that make no sense */
  constructor({ allowedAddresses, limits, resolve = resolveBySystem, onEvent }: EgressOptions) {
    this.policy = new AddressPolicy(allowedAddresses)
    this.limits = { ...defaultEgressLimits, ...limits }
    for (const [name, value] of Object.entries(this.limits))
      if (!Number.isSafeInteger(value) || value < 1)
        throw new RangeError(`${name} must be a positive whole number`)
    this.resolve = resolve
    this.onEvent = onEvent
  }

  /**
   * @param hosts what the run may reach, as rights name it
   * @param folder of the run, absolute; a folder of its own is made in it and removed at the end
   */
  async open(runId: string, hosts: readonly string[], folder: string): Promise<RunEgress> {
    const own = join(folder, randomUUID())
    await prepareWorkspace(own)
    const source = await realpath(own)
    const credential = new Credential()
    const { policy, limits, resolve, onEvent } = this
    const proxy = new RunProxy({ runId, hosts, credential, policy, limits, resolve, onEvent })
    // The path of a socket has room for 107 bytes; through the open folder every path is short enough.
    const directory = await open(source, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    const path = `/proc/self/fd/${directory.fd}/${SOCKET}`
    const remove = async (): Promise<void> => {
      await proxy.close()
      await directory.close()
      await rm(source, { recursive: true, force: true })
    }
    try {
      proxy.server.listen({ path })
      await once(proxy.server, 'listening')
      await chmod(path, 0o600)
      const { uid, gid } = await lstat(source)
      // Whose the folder is runs the calls.
      await lchown(path, uid, gid)
    } catch (error) {
      await remove()
      throw error
    }
    let closed: Promise<void> | undefined
    const mount: SandboxMount = { source, target: TARGET, mode: 'ro' }
    const env = variablesFor(credential.urlFor(`127.0.0.1:${PORT}`))
    return {
      through: (call) => ({
        argv: ['node', '-e', forwarder, '--', `${TARGET}/${SOCKET}`, String(PORT), ...call.argv],
        env: { ...env, ...call.env },
        mounts: [...call.mounts, mount],
      }),
      close: () => (closed ??= remove()),
    }
  }
}

/** Names in both spellings: programs differ. */
function variablesFor(proxy: string): Record<string, string> {
  const names = { HTTP_PROXY: proxy, HTTPS_PROXY: proxy, ALL_PROXY: proxy, NO_PROXY: OWN }
  const both = Object.entries(names).flatMap(([name, value]) => [
    [name, value],
    [name.toLowerCase(), value],
  ])
  return Object.fromEntries(both) as Record<string, string>
}
