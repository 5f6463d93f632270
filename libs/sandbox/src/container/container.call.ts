import { setTimeout as delay } from 'node:timers/promises'
import { endingOf } from '../bubblewrap/ending.policy.js'
import type { SandboxLimits } from '../limits.js'
import type { Enforcement, SandboxEnding, SandboxRequest, SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { Descriptors } from '../stdio/descriptors.js'
import { OutputCapture } from '../stdio/output-capture.js'
import { withScratchFolder } from '../stdio/scratch-folder.js'
import { kill, waitForDeath } from '../watch/process-identity.js'
import { OUT_OF_MEMORY, Watchdog } from '../watch/watchdog.js'
import { AttachedStreams } from './attached.streams.js'
import type { ContainerPlan } from './container.body.js'
import { findExchanged, pinMounts, type PinnedMount } from './container.mounts.js'
import { type ContainerProcess, findProcess } from './container.process.js'
import { type ContainerSettings, nextOwner } from './container.settings.js'
import { EngineError } from './engine.client.js'
import { gatedCommand, openingLine } from './gate.js'

const DEATH_GRACE_MS = 10_000
/** Nobody is left who could hold the streams open: this is for an engine that has much else to do. */
const DRAIN_GRACE_MS = 10_000
const DETAIL_CHARACTERS = 2_000
const REMOVE_ATTEMPTS = 4
const REMOVE_PAUSE_MS = 500
const UNSEEN =
  'the processes of the container engine are not seen here: both must be on one machine, and neither in a container'

/** One call: a container from its making to its removal. */
export class ContainerCall {
  readonly #owner = nextOwner()
  readonly #name = `guildhall-${this.#owner}`
  readonly #output: OutputCapture
  readonly #stopped = Promise.withResolvers<void>()
  #stop: { ending: SandboxEnding; detail: string } | undefined
  #isRunning = false
  #process: ContainerProcess | undefined
  #watchdog: Watchdog | undefined
  #exitCode: number | undefined
  #wall: NodeJS.Timeout | undefined
  #startedAt = 0
  #wallMs = 0

  constructor(
    private readonly request: SandboxRequest,
    private readonly settings: ContainerSettings,
  ) {
    this.#output = OutputCapture.of(request, (ending, detail) => this.#end(ending, detail))
  }

  /**
   * Resolves when the container is dead and removed, or could not be, which the result says.
   *
   * @throws InvalidMountError
   * @throws SandboxUnavailableError when the engine is gone before the call began
   */
  async run(): Promise<SandboxResult> {
    const { signal } = this.request
    const onAbort = (): void => this.#end('canceled', 'canceled by the caller')
    if (signal?.aborted === true) {
      this.#end('canceled', 'canceled before it started')
      return this.#result()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const descriptors = new Descriptors()
    try {
      await withScratchFolder(async (folder) => {
        const mounts = await pinMounts(this.request, this.settings, folder, descriptors)
        await this.#live(mounts, folder)
      })
      return this.#result()
    } finally {
      descriptors.close()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #live(mounts: readonly PinnedMount[], folder: string): Promise<void> {
    const plan = this.#plan(mounts, folder)
    const id = await this.settings.engine.create(this.#name, plan).catch((error: unknown) => {
      if (!(error instanceof EngineError)) throw error
      this.#end('sandbox-failed', error.message)
      return undefined
    })
    try {
      if (id !== undefined && this.#stop === undefined) await this.#execute(id, mounts)
    } catch (error) {
      if (!(error instanceof EngineError || error instanceof SandboxUnavailableError)) throw error
      this.#end('sandbox-failed', error.message)
    } finally {
      await this.#watchdog?.stop()
      // Also when the engine itself is gone.
      kill(this.#process?.identity)
      await this.#remove()
      await this.#assertDead()
    }
  }

  async #execute(id: string, mounts: readonly PinnedMount[]): Promise<void> {
    const { engine } = this.settings
    const streams = new AttachedStreams(await engine.attach(id), this.#output, (reason) =>
      this.#end('sandbox-failed', reason),
    )
    try {
      await engine.start(id)
      this.#isRunning = true
      const ended = engine.waitForEnd(id)
      const begun = this.#begin(id, mounts, streams)
      await Promise.race([ended, begun.then(() => ended), this.#overdue()]).finally(() => this.#onEnded())
      await streams.finish(DRAIN_GRACE_MS)
      if (this.#stop !== undefined) return
      const { exitCode, isOutOfMemory } = await engine.state(id)
      if (this.#startedAt === 0) {
        const said = this.#output.bytes('stderr').toString('utf8').trim().slice(0, DETAIL_CHARACTERS)
        throw new EngineError(0, `it ended with ${exitCode} before its command began: ${said}`)
      }
      this.#exitCode = exitCode
      if (isOutOfMemory) this.#stop ??= { ending: 'memory', detail: OUT_OF_MEMORY }
    } finally {
      streams.close()
    }
  }

  /** Looks at what waits at the gate, and lets it pass. */
  async #begin(id: string, mounts: readonly PinnedMount[], streams: AttachedStreams): Promise<void> {
    const { pid } = await this.settings.engine.state(id)
    this.#process = findProcess(pid, id)
    if (!this.#isRunning) return
    if (this.#stop !== undefined) return this.#kill()
    if (this.#process === undefined) return this.#end('sandbox-failed', UNSEEN)
    const exchanged = findExchanged(pid, mounts)
    if (exchanged !== undefined)
      return this.#end('sandbox-failed', `${exchanged} is something else for the container engine`)
    const input = this.settings.engine.openInput(streams.connection, pid)
    const { workspace, limits, env, stdin, isIdle } = this.request
    this.#watchdog = new Watchdog({
      init: pid,
      workspace,
      limits,
      isIdle: isIdle ?? (() => false),
      countsUsage: () => true,
      countOomKills: this.#process.countOomKills,
      onExcess: (ending, detail) => this.#end(ending, detail),
    })
    this.#startedAt = performance.now()
    this.#wall = setTimeout(() => this.#end('wall-time', `longer than ${limits.wallMs} ms`), limits.wallMs)
    streams.begin(input, openingLine(env), stdin)
  }

  #onEnded(): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    clearTimeout(this.#wall)
    if (this.#startedAt > 0) this.#wallMs = performance.now() - this.#startedAt
  }

  async #overdue(): Promise<never> {
    await this.#stopped.promise
    await delay(DEATH_GRACE_MS, undefined, { ref: false })
    throw new EngineError(0, `the container did not end within ${DEATH_GRACE_MS} ms`)
  }

  #end(ending: SandboxEnding, detail: string): void {
    if (this.#stop !== undefined) return
    this.#stop = { ending, detail }
    this.#stopped.resolve()
    if (this.#isRunning) void this.#kill()
  }

  /** The kernel at once, and the engine, which also ends what it is still starting. */
  async #kill(): Promise<void> {
    const init = this.#process?.identity
    kill(init)
    // The engine may hear of it late.
    if (init !== undefined) void waitForDeath(init, DEATH_GRACE_MS).then(() => this.#onEnded())
    // Whatever it answers: the call waits for the end, and removes the container in any case.
    await this.settings.engine.kill(this.#name).catch(() => undefined)
  }

  async #remove(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.settings.engine.remove(this.#name)
        return
      } catch (error) {
        if (attempt < REMOVE_ATTEMPTS) {
          await delay(REMOVE_PAUSE_MS)
          continue
        }
        const detail = `the container ${this.#name} could not be removed: ${(error as Error).message}`
        this.#stop = { ending: 'sandbox-failed', detail }
        return
      }
    }
  }

  async #assertDead(): Promise<void> {
    if (await waitForDeath(this.#process?.identity, DEATH_GRACE_MS)) return
    this.#stop = { ending: 'sandbox-failed', detail: `processes survived SIGKILL for ${DEATH_GRACE_MS} ms` }
  }

  #plan(mounts: readonly PinnedMount[], folder: string): ContainerPlan {
    const { limits, workspace } = this.request
    const { image, uid, gid, seccompProfile } = this.settings
    return {
      image: image.id,
      owner: this.#owner,
      uid,
      gid,
      workspace,
      mounts,
      command: gatedCommand(this.request),
      limits,
      seccompProfile,
      folder,
    }
  }

  #result(): SandboxResult {
    const output = this.#output
    return {
      isolation: 'container',
      ...(this.#stop ?? endingOf(this.#exitCode)),
      ...output.result,
      usage: {
        wallMs: this.#wallMs,
        outputBytes: output.seenBytes,
        maxMemoryBytes: this.#watchdog?.maxMemoryBytes ?? 0,
        ...(this.#watchdog?.cpuMs !== undefined && { cpuMs: this.#watchdog.cpuMs }),
      },
      enforced: this.#enforced(),
    }
  }

  #enforced(): Record<keyof SandboxLimits, Enforcement> {
    const { boundsMemory, boundsProcesses } = this.settings
    const polled = this.#watchdog === undefined ? 'none' : 'poll'
    const workspace = this.#watchdog?.seesWorkspace === true ? 'poll' : 'none'
    return {
      wallMs: 'poll',
      outputBytes: 'poll',
      memoryBytes: boundsMemory ? 'kernel' : polled,
      processes: boundsProcesses ? 'kernel' : polled,
      workspaceBytes: workspace,
      workspaceEntries: workspace,
      fileBytes: 'kernel',
      openFiles: 'kernel',
      cpuSeconds: 'kernel',
      tmpBytes: 'kernel',
      shmBytes: 'kernel',
    }
  }
}
