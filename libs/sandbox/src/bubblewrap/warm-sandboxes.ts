import { closeSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { planIslands } from '../islands.policy.js'
import type { SandboxRequest, SandboxResult, SandboxSurroundings } from '../sandbox.js'
import { openStdio } from '../stdio/child-stdio.js'
import { Descriptors } from '../stdio/descriptors.js'
import { identify, kill, waitForDeath } from '../watch/process-identity.js'
import { Call } from './call.js'
import { handOverLine } from './hand-over.js'
import type { PreparedHost } from './prepared-host.js'
import type { SandboxSettings } from './settings.js'
import { startSandbox, type StartedSandbox } from './started-sandbox.js'

const IDLE_MS = 30_000
const DEATH_GRACE_MS = 10_000
/** Each is some hundred KiB of memory and four processes. */
const MOST_SPARES = 2 * availableParallelism()

interface Spare {
  workspace: string
  islands: string
  sources: string
  started: StartedSandbox
  timer: NodeJS.Timeout
}

/** All that a sandbox is made with; time and output are bounded from outside. */
function keyOf({ workspace, protect = [], mounts, limits }: SandboxSurroundings): string {
  const { wallMs: _, outputBytes: __, ...made } = limits
  return JSON.stringify([workspace, planIslands(protect), mounts, Object.entries(made).sort()])
}

/** The folders themselves: another of the same name may have taken the place of one that is mounted. */
function sourcesOf({ workspace, mounts }: SandboxSurroundings): string {
  const paths = [workspace, ...mounts.map(({ source }) => source)]
  return JSON.stringify(
    paths.map((path) => {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false })
      return found && [found.dev, found.ino, found.birthtimeNs].map(String)
    }),
  )
}

const islandsOf = ({ protect = [] }: SandboxSurroundings): string => JSON.stringify(planIslands(protect))

/** Sandboxes that wait for a command: each for one call in the surroundings it was made for, at most one for each. */
export class WarmSandboxes {
  readonly #spares = new Map<string, Spare>()

  /** Resolves when one waits. Rejects when it cannot be made. */
  async add(surroundings: SandboxSurroundings, settings: SandboxSettings, host: PreparedHost): Promise<void> {
    const key = keyOf(surroundings)
    if (this.#spares.has(key)) return
    const descriptors = new Descriptors()
    const stdio = await openStdio(host.pipes, undefined, descriptors)
    // Another may have been made meanwhile.
    if (this.#spares.has(key)) return descriptors.close()
    const oldest = this.#spares.keys().next().value
    if (this.#spares.size >= MOST_SPARES && oldest !== undefined) void this.#discard(oldest)
    const sources = sourcesOf(surroundings)
    const started = startSandbox(surroundings, undefined, settings, host, stdio, descriptors)
    const { workspace } = surroundings
    const timer = setTimeout(() => void this.#discard(key), IDLE_MS).unref()
    const spare: Spare = {
      workspace,
      islands: islandsOf(surroundings),
      sources,
      started,
      timer,
    }
    this.#spares.set(key, spare)
    void started.exited.then(() => {
      if (this.#spares.get(key) === spare) void this.#discard(key)
    })
    await Promise.race([started.atGate, started.exited])
  }

  /** The call in a sandbox that waits for it, or will in a moment; undefined when none does. */
  run(request: SandboxRequest): Promise<SandboxResult> | undefined {
    if (this.#spares.size === 0 || request.stdin !== undefined || request.signal?.aborted) return undefined
    const key = keyOf(request)
    const spare = this.#spares.get(key)
    const line = spare && handOverLine(request.argv, request.env)
    if (spare === undefined || line === undefined) return undefined
    if (spare.sources !== sourcesOf(request)) {
      void this.#discard(key)
      return undefined
    }
    this.#spares.delete(key)
    clearTimeout(spare.timer)
    return new Call(request).runIn(spare.started, line)
  }

  /**
   * Ends those of a workspace that have other islands than the call that begins: it might move theirs away.
   */
  async discardOthers(call: SandboxSurroundings): Promise<void> {
    if (this.#spares.size === 0) return
    const islands = islandsOf(call)
    await this.#discardAll((spare) => spare.workspace === call.workspace && spare.islands !== islands)
  }

  async discard(workspace?: string): Promise<void> {
    await this.#discardAll((spare) => workspace === undefined || spare.workspace === workspace)
  }

  async #discardAll(isMeant: (spare: Spare) => boolean): Promise<void> {
    const keys = [...this.#spares].filter(([, spare]) => isMeant(spare)).map(([key]) => key)
    await Promise.all(keys.map((key) => this.#discard(key)))
  }

  async #discard(key: string): Promise<void> {
    const spare = this.#spares.get(key)
    if (spare === undefined) return
    this.#spares.delete(key)
    clearTimeout(spare.timer)
    const { started } = spare
    for (const end of Object.values(started.outputs)) closeSync(end)
    started.status.whenStarted((init) => kill(identify(init)))
    const { init } = started.status
    const identity = init === undefined ? undefined : identify(init)
    // End of file at the gate: a shell that comes to it later ends, too.
    started.abandon()
    await started.exited
    await started.releaseGroup((await waitForDeath(identity, DEATH_GRACE_MS)) && identity !== undefined)
  }
}
