import { isMainThread } from 'node:worker_threads'
import { ProtectedWorkspaces } from '../islands.policy.js'
import { probeSandbox, type ProbeReport } from '../probe.js'
import { assertRequest, assertSurroundings } from '../request.policy.js'
import type { Sandbox, SandboxRequest, SandboxResult, SandboxSurroundings } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { Call } from './call.js'
import { preflight } from './preflight.js'
import { preparedHost } from './prepared-host.js'
import { resolveSettings, type BubblewrapOptions, type SandboxSettings } from './settings.js'
import { explainPlatform } from './unavailability.policy.js'
import { WarmSandboxes } from './warm-sandboxes.js'

// Of the process: two sandbox objects may be given the same workspace.
const workspaces = new ProtectedWorkspaces()

class BubblewrapSandbox implements Sandbox {
  readonly kind = 'bubblewrap'
  readonly #settings: Omit<SandboxSettings, 'disableUserNamespaces'>
  readonly #warm = new WarmSandboxes()
  #preflight: Promise<SandboxSettings> | undefined

  constructor(options: BubblewrapOptions) {
    this.#settings = resolveSettings(options)
  }

  async probe(): Promise<ProbeReport> {
    const detail = explainPlatform(process.platform)
    if (detail) return { ok: false, checks: [{ name: 'available', ok: false, detail }], tookMs: 0 }
    return probeSandbox(this, this.#settings.unprivilegedUid)
  }

  async run(request: SandboxRequest): Promise<SandboxResult> {
    assertRequest(request)
    const leave = workspaces.enter(request.workspace, request.protect ?? [])
    try {
      const settings = await this.#ready()
      await this.#warm.discardOthers(request)
      const host = await preparedHost()
      return await (this.#warm.run(request) ?? new Call(request).run(settings, host))
    } finally {
      leave()
    }
  }

  async warmUp(surroundings: SandboxSurroundings): Promise<void> {
    let leave: (() => void) | undefined
    try {
      assertSurroundings(surroundings)
      leave = workspaces.enter(surroundings.workspace, surroundings.protect ?? [])
      const settings = await this.#ready()
      await this.#warm.add(surroundings, settings, await preparedHost())
    } catch {
      // The call that would have used it meets the same problem, and tells it.
    } finally {
      leave?.()
    }
  }

  coolDown(workspace?: string): Promise<void> {
    return this.#warm.discard(workspace)
  }

  /**
   * One preflight for all calls; a failed one is repeated by the next call, since the machine may be repaired
   * by then.
   */
  #ready(): Promise<SandboxSettings> {
    const unsuitable = explainPlatform(process.platform)
    if (unsuitable) throw new SandboxUnavailableError(unsuitable)
    if (!isMainThread) throw new SandboxUnavailableError('calls must be started from the main thread')
    this.#preflight ??= preparedHost()
      .then((host) => preflight(this.#settings, host))
      .catch((error: unknown) => {
        this.#preflight = undefined
        throw error
      })
    return this.#preflight
  }
}

/**
 * Calls isolated by bubblewrap, each in namespaces of its own. Cheap to create; the first call also checks
 * the machine. Safe to use for many calls at once.
 */
export const createBubblewrapSandbox = (options: BubblewrapOptions = {}): Sandbox =>
  new BubblewrapSandbox(options)
