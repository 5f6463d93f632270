import { realpathSync } from 'node:fs'
import { ProtectedWorkspaces } from '../islands.policy.js'
import { assertPlainPath, isWithin } from '../mounts.policy.js'
import { probeSandbox, type ProbeReport } from '../probe.js'
import { assertRequest } from '../request.policy.js'
import type { Sandbox, SandboxRequest, SandboxResult } from '../sandbox.js'
import { InvalidMountError, SandboxUnavailableError } from '../sandbox.errors.js'
import { ContainerCall } from './container.call.js'
import { preflight } from './container.preflight.js'
import {
  callUser,
  type ContainerOptions,
  type ContainerSettings,
  defaultImage,
} from './container.settings.js'
import { tryOut } from './container.trial.js'
import { EngineError } from './engine.client.js'

// Of the process: two sandbox objects may be given the same workspace.
const workspaces = new ProtectedWorkspaces()

class ContainerSandbox implements Sandbox {
  readonly kind = 'container'
  readonly #socketPath: string
  readonly #image: string
  readonly #user: { uid: number; gid: number }
  #preflight: Promise<ContainerSettings> | undefined

  constructor({ socketPath, image = defaultImage, unprivilegedUid }: ContainerOptions) {
    assertPlainPath(socketPath)
    if (!isImageName(image)) throw new RangeError(`${JSON.stringify(image)} is no name of a container image`)
    this.#socketPath = socketPath
    this.#image = image
    this.#user = callUser(unprivilegedUid)
  }

  async probe(): Promise<ProbeReport> {
    const startedAt = performance.now()
    try {
      const settings = await this.#ready()
      await tryOut(settings)
      const report = await probeSandbox(this, this.#user.uid)
      const check = { name: 'image', ok: true, detail: `${this.#image} is ${settings.image.id}` }
      return { ...report, checks: [...report.checks, check] }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      const tookMs = Math.round(performance.now() - startedAt)
      return { ok: false, checks: [{ name: 'available', ok: false, detail }], tookMs }
    }
  }

  async run(request: SandboxRequest): Promise<SandboxResult> {
    assertRequest(request)
    this.#assertNoSocket([request.workspace, ...request.mounts.map(({ source }) => source)])
    const leave = workspaces.enter(request.workspace, request.protect ?? [])
    try {
      return await new ContainerCall(request, await this.#ready()).run()
    } finally {
      leave()
    }
  }

  /** Nothing to make ahead: a container serves one call. */
  warmUp(): Promise<void> {
    return Promise.resolve()
  }

  coolDown(): Promise<void> {
    return Promise.resolve()
  }

  /** Whoever reaches the engine's socket is root on this machine. */
  #assertNoSocket(sources: readonly string[]): void {
    const socket = realPath(this.#socketPath)
    const found = sources.find((source) => isWithin(socket, source))
    if (found !== undefined)
      throw new InvalidMountError(found, "it is or holds the container engine's socket")
  }

  /** One preflight for all calls; a failed one is repeated by the next call. */
  #ready(): Promise<ContainerSettings> {
    this.#preflight ??= preflight(this.#socketPath, this.#image, this.#user).catch((error: unknown) => {
      this.#preflight = undefined
      throw error instanceof EngineError
        ? new SandboxUnavailableError(`the container engine fails: ${error.message}`)
        : error
    })
    return this.#preflight
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Whether it can be nothing else in a request to an engine. */
export const isImageName = (name: string): boolean =>
  /^[A-Za-z0-9][\w.:@-]*(\/[A-Za-z0-9][\w.:@-]*)*$/.test(name)

/**
 * Calls isolated in containers, each in one of its own, by the Docker or Podman of this machine. Several times slower to
 * start than bubblewrap. Cheap to create; the first call also checks the engine and the image.
 *
 * @throws InvalidMountError when the socket's path is not absolute and plain
 * @throws RangeError when the image's name is none
 */
export const createContainerSandbox = (options: ContainerOptions): Sandbox => new ContainerSandbox(options)
