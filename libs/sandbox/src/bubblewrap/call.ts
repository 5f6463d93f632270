import type { Enforcement, SandboxEnding, SandboxRequest, SandboxResult, SandboxUsage } from '../sandbox.js'
import type { CallGroup } from '../cgroup/call-group.js'
import type { SandboxLimits } from '../limits.js'
import { openStdio } from '../stdio/child-stdio.js'
import { Descriptors } from '../stdio/descriptors.js'
import { OutputCapture } from '../stdio/output-capture.js'
import { identify, kill, type ProcessIdentity, waitForDeath } from '../watch/process-identity.js'
import { OUT_OF_MEMORY, Watchdog } from '../watch/watchdog.js'
import { endingOf } from './ending.policy.js'
import type { PreparedHost } from './prepared-host.js'
import type { SandboxSettings } from './settings.js'
import { startSandbox, type StartedSandbox } from './started-sandbox.js'

/** bubblewrap sets up in milliseconds; one that hangs before it has a child is killed itself. */
const SETUP_GRACE_MS = 1_000
const DEATH_GRACE_MS = 10_000
const DRAIN_GRACE_MS = 1_000
const DETAIL_CHARACTERS = 2_000

/** One call from start to the death of its last process. */
export class Call {
  readonly #request: SandboxRequest
  readonly #output: OutputCapture
  #started: StartedSandbox | undefined
  #init: ProcessIdentity | undefined
  #group: CallGroup | undefined
  #watchdog: Watchdog | undefined
  #stop: { ending: SandboxEnding; detail: string } | undefined
  #setupGrace: NodeJS.Timeout | undefined
  #wasAtGate = false

  constructor(request: SandboxRequest) {
    this.#request = request
    this.#output = OutputCapture.of(request, (ending, detail) => this.#end(ending, detail))
  }

  async run(settings: SandboxSettings, host: PreparedHost): Promise<SandboxResult> {
    const descriptors = new Descriptors()
    const stdio = await openStdio(host.pipes, this.#request.stdin, descriptors).catch((error: unknown) => {
      descriptors.close()
      throw error
    })
    if (this.#request.signal?.aborted === true) {
      descriptors.close()
      this.#end('canceled', 'canceled before it started')
      return this.#result(0)
    }
    const startedAt = performance.now()
    const started = startSandbox(this.#request, this.#request, settings, host, stdio, descriptors)
    return this.#follow(started, startedAt)
  }

  /** Runs the command in a sandbox that waits for one. */
  async runIn(started: StartedSandbox, line: string): Promise<SandboxResult> {
    return { ...(await this.#follow(started, performance.now(), line)), isWarm: true }
  }

  async #follow(started: StartedSandbox, startedAt: number, line?: string): Promise<SandboxResult> {
    const { limits, signal } = this.#request
    this.#started = started
    started.status.whenStarted((init) => this.#onStarted(init))
    started.status.onEnded = () => {
      if (this.#group === undefined) this.#watchdog?.lookAtUsage()
    }
    this.#output.read('stdout', started.outputs.stdout)
    this.#output.read('stderr', started.outputs.stderr)
    const onAbort = (): void => this.#end('canceled', 'canceled by the caller')
    signal?.addEventListener('abort', onAbort, { once: true })
    const wall = setTimeout(() => this.#end('wall-time', `longer than ${limits.wallMs} ms`), limits.wallMs)
    const feed = started.feed?.()
    void this.#begin(started, line)

    const { spawnError } = await started.exited
    feed?.stop()
    clearTimeout(wall)
    signal?.removeEventListener('abort', onAbort)
    const isDead = await waitForDeath(this.#init, DEATH_GRACE_MS)
    await Promise.all([this.#output.finish(DRAIN_GRACE_MS), this.#watchdog?.stop()])
    clearTimeout(this.#setupGrace)
    if (!isDead)
      this.#stop = { ending: 'sandbox-failed', detail: `processes survived SIGKILL for ${DEATH_GRACE_MS} ms` }
    if ((this.#group?.oomKills ?? 0) > 0) this.#stop ??= { ending: 'memory', detail: OUT_OF_MEMORY }
    const result = this.#result(performance.now() - startedAt, spawnError)
    void started.releaseGroup(isDead && this.#init !== undefined)
    return result
  }

  /** The command waits at the gate, and nothing of it has run. */
  async #begin(started: StartedSandbox, line: string | undefined): Promise<void> {
    const { group } = await started.atGate
    this.#group = group
    this.#wasAtGate = true
    if (this.#stop === undefined) started.openGate(line)
  }

  #onStarted(pid: number): void {
    this.#init = identify(pid)
    const { workspace, limits } = this.#request
    if (this.#stop !== undefined) {
      this.#kill()
      return
    }
    this.#watchdog = new Watchdog({
      init: pid,
      workspace,
      limits,
      // Before the gate nothing of the command has run.
      isIdle: () => !this.#wasAtGate || this.#request.isIdle?.() === true,
      countsUsage: () => this.#group === undefined,
      countOomKills: () => this.#group?.oomKills ?? 0,
      onExcess: (ending, detail) => this.#end(ending, detail),
    })
  }

  #end(ending: SandboxEnding, detail: string): void {
    if (this.#stop !== undefined) return
    this.#stop = { ending, detail }
    this.#kill()
  }

  // PID 1 first: with it the kernel kills the whole namespace. bubblewrap killed before its child listens to
  // its death would leave that child waiting for ever, so it is only killed itself when no child appears.
  #kill(): void {
    const started = this.#started
    kill(this.#init)
    this.#setupGrace ??= setTimeout(() => started?.killLauncher(), SETUP_GRACE_MS)
  }

  #result(wallMs: number, spawnError?: string): SandboxResult {
    const output = this.#output.result
    // Before the gate it is the sandbox that ends, whatever code it gives.
    const ended = this.#stop ?? endingOf(this.#wasAtGate ? this.#started?.status.exitCode : undefined)
    const failure = spawnError === undefined ? output.stderr.trim() : `cannot start: ${spawnError}`
    const detail =
      this.#stop?.detail ??
      (ended.ending === 'sandbox-failed' ? failure.slice(-DETAIL_CHARACTERS) : undefined)
    return {
      ...ended,
      ...(detail === undefined ? {} : { detail }),
      ...output,
      isolation: 'bubblewrap',
      usage: this.#usage(wallMs),
      enforced: this.#enforced(),
    }
  }

  #usage(wallMs: number): SandboxUsage {
    const [group, watchdog] = [this.#group, this.#watchdog]
    const cpuMs = group?.cpuMs ?? watchdog?.cpuMs
    return {
      wallMs,
      outputBytes: this.#output.seenBytes,
      maxMemoryBytes: group?.maxMemoryBytes ?? watchdog?.maxMemoryBytes ?? 0,
      ...(cpuMs !== undefined && { cpuMs }),
    }
  }

  #enforced(): Record<keyof SandboxLimits, Enforcement> {
    const watchdog = this.#watchdog
    return {
      wallMs: 'poll',
      outputBytes: 'poll',
      memoryBytes: this.#group !== undefined ? 'kernel' : watchdog === undefined ? 'none' : 'poll',
      workspaceBytes: watchdog?.seesWorkspace === true ? 'poll' : 'none',
      workspaceEntries: watchdog?.seesWorkspace === true ? 'poll' : 'none',
      processes: 'kernel',
      fileBytes: 'kernel',
      openFiles: 'kernel',
      cpuSeconds: 'kernel',
      tmpBytes: 'kernel',
      shmBytes: 'kernel',
    }
  }
}
