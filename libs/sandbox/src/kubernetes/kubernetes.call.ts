import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { endingOf } from '../bubblewrap/ending.policy.js'
import { nextOwner } from '../container/container.settings.js'
import type { SandboxLimits } from '../limits.js'
import type { Enforcement, SandboxEnding, SandboxRequest, SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { Descriptors } from '../stdio/descriptors.js'
import { OutputCapture } from '../stdio/output-capture.js'
import { WorkspaceWatch } from '../watch/workspace-watch.js'
import { callJob } from './call.job.js'
import { endOf, isOver, isRunning, type PodDocument, whatItWaitsFor, whyHopeless } from './call.pod.js'
import { type ClaimMount, findExchangedMount, pinClaimMounts } from './claim.mounts.js'
import { ClusterError } from './cluster.client.js'
import { assertCallable, callLine, markOf } from './gate.script.js'
import type { KubernetesSettings } from './kubernetes.settings.js'
import { PodStreams } from './pod.streams.js'
import { END_GRACE_MS, PlacedJob } from './placed.job.js'
import type { PodSight, PodWatch } from './pod.watch.js'
import { excessOf, type Verdict, VerdictStream } from './verdict.js'

/** How long the first process may take to end a call, before its node is told to. */
const KILL_GRACE_MS = 250
const DETAIL_CHARACTERS = 2_000
/** How often a container is tried for that the node did not say is running: it says so up to a second late. */
const FIRST_ATTACH_PAUSE_MS = 50
const LAST_ATTACH_PAUSE_MS = 1_000

/** A process's number means something on one machine only, and until that is started anew. */
export const machineId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** One call: a Job from its making to its removal. */
export class KubernetesCall {
  readonly #name = `guildhall-call-${randomBytes(8).toString('hex')}`
  readonly #output: OutputCapture
  readonly #stopped = Promise.withResolvers<void>()
  #stop: { ending: SandboxEnding; detail: string } | undefined
  #isRunning = false
  #streams: PodStreams | undefined
  #placed: PlacedJob | undefined
  #workspace: WorkspaceWatch | undefined
  #verdict: Verdict | undefined
  #exitCode: number | undefined
  #isDead = false
  #wall: NodeJS.Timeout | undefined
  #startedAt = 0
  #wallMs = 0

  constructor(
    private readonly request: SandboxRequest,
    private readonly settings: KubernetesSettings,
  ) {
    this.#output = OutputCapture.of(request, (ending, detail) => this.#endWith(ending, detail))
  }

  /** What the cluster last said of it; undefined when it made none. */
  get pod(): PodDocument | undefined {
    return this.#placed?.watch.sight.pod
  }

  /**
   * Resolves when the first process of the call has ended all others and itself, or its node has; or neither could be told to,
   * which the result says. A Job of which nothing lives is removed afterwards.
   *
   * @throws InvalidMountError
   * @throws InvalidRequestError
   */
  async run(): Promise<SandboxResult> {
    const { signal, env } = this.request
    const onAbort = (): void => this.#endWith('canceled', 'canceled by the caller')
    if (signal?.aborted === true) {
      this.#endWith('canceled', 'canceled before it started')
      return this.#result()
    }
    assertCallable(env)
    const descriptors = new Descriptors()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#live(pinClaimMounts(this.request, this.settings.claimPath, descriptors))
      return this.#result()
    } finally {
      descriptors.close()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #live(mounts: readonly ClaimMount[]): Promise<void> {
    const { cluster, removals } = this.settings
    try {
      const placed = await PlacedJob.place(cluster, this.#job(mounts))
      this.#placed = placed
      const streams = await this.#attach(placed.watch)
      if (streams !== undefined) await this.#execute(placed, streams, mounts)
    } catch (error) {
      if (!(error instanceof ClusterError || error instanceof SandboxUnavailableError)) throw error
      this.#endWith('sandbox-failed', error.message)
    } finally {
      this.#onEnded()
      this.#streams?.close()
      await this.#workspace?.stop()
      const problem = this.#startedAt > 0 && !this.#isDead ? await this.#placed?.end() : undefined
      if (problem !== undefined) this.#addProblem(problem)
      if (this.#placed !== undefined) removals.add(this.#placed.forget(this.#isDead))
    }
  }

  #addProblem(problem: string): void {
    const first = this.#stop === undefined ? '' : `${this.#stop.detail}; `
    this.#stop = { ending: 'sandbox-failed', detail: `${first}${problem}` }
  }

  /** As soon as a container runs; undefined when the call was ended before. */
  async #attach(watch: PodWatch): Promise<PodStreams | undefined> {
    const { cluster, pendingMs } = this.settings
    const deadline = performance.now() + pendingMs
    const isSettled = ({ pod, isGone }: PodSight): boolean =>
      isGone || (pod !== undefined && (isRunning(pod) || isOver(pod) || whyHopeless(pod) !== undefined))
    for (let pauseMs = FIRST_ATTACH_PAUSE_MS; ; pauseMs = Math.min(1.3 * pauseMs, LAST_ATTACH_PAUSE_MS)) {
      await Promise.race([watch.until(isSettled, pauseMs), this.#stopped.promise])
      if (this.#stop !== undefined) return undefined
      const { pod, isGone } = watch.sight
      const hopeless = pod && whyHopeless(pod)
      if (hopeless !== undefined) throw new ClusterError(0, hopeless)
      if (isGone) throw new ClusterError(0, 'somebody deleted its pod')
      if (pod?.spec?.nodeName !== undefined) {
        try {
          const opened = cluster.attach(pod.metadata.name)
          const socket = await Promise.race([opened, this.#stopped.promise])
          if (socket !== undefined) return (this.#streams = new PodStreams(socket))
          void opened.then((late) => late.terminate()).catch(() => undefined)
          return undefined
        } catch (error) {
          // Unless it is about the container.
          if (error instanceof ClusterError && [401, 403].includes(error.status)) throw error
          if (isOver(pod)) throw error
        }
      }
      if (performance.now() > deadline)
        throw new ClusterError(0, `not started within ${pendingMs} ms: ${whatItWaitsFor(pod)}`)
      // The watch has nothing more to wait for.
      if (isSettled(watch.sight)) await delay(pauseMs)
    }
  }

  async #execute(placed: PlacedJob, streams: PodStreams, mounts: readonly ClaimMount[]): Promise<void> {
    const { argv, env, limits, stdin } = this.request
    const { lines, complaint } = await streams.ask(mounts.length)
    if (this.#stop !== undefined) return
    if (lines.length < mounts.length)
      throw new ClusterError(0, `it ended before its command began: ${complaint.slice(0, DETAIL_CHARACTERS)}`)
    const exchanged = findExchangedMount(mounts, lines)
    if (exchanged !== undefined) throw new ClusterError(0, `${exchanged} is something else for the node`)
    const word = randomBytes(16).toString('hex')
    const errors = new VerdictStream(
      markOf(word),
      (bytes) => this.#output.take('stderr', bytes),
      () => streams.acknowledge(word),
    )
    this.#watchLimits()
    void streams.begin(callLine(argv, env, word), stdin, (stream, bytes) =>
      stream === 'stderr' ? errors.push(bytes) : this.#output.take(stream, bytes),
    )
    const end = await Promise.race([streams.ended, this.#overdue(placed)])
    this.#onEnded()
    // The first process holds them open to its end.
    this.#isDead = end.isComplete
    this.#verdict = errors.end()
    for (const stream of ['stdout', 'stderr'] as const) this.#output.end(stream)
    if (!end.isComplete) throw new ClusterError(0, `the connection to the call broke: ${end.reason}`)
    if (this.#stop === undefined) await this.#findEnd(placed, limits)
  }

  #watchLimits(): void {
    const { limits, workspace, isIdle } = this.request
    this.#workspace = new WorkspaceWatch({
      workspace,
      limits,
      isIdle: isIdle ?? (() => false),
      // The first process of the call sees them.
      measureUnlinked: () => 0,
      onExcess: (detail) => this.#endWith('workspace', detail),
    })
    this.#isRunning = true
    this.#startedAt = performance.now()
    this.#wall = setTimeout(
      () => this.#endWith('wall-time', `longer than ${limits.wallMs} ms`),
      limits.wallMs,
    )
  }

  async #findEnd(placed: PlacedJob, { processes }: SandboxLimits): Promise<void> {
    if (this.#verdict !== undefined) {
      this.#exitCode = this.#verdict.exitCode
      this.#stop = excessOf(this.#verdict, processes)
      return
    }
    await placed.isOverInTime()
    const { pod } = placed.watch.sight
    if (pod === undefined || !isOver(pod))
      throw new ClusterError(0, `its node did not say within ${END_GRACE_MS} ms how it ended`)
    const end = endOf(pod)
    if ('ending' in end) this.#stop = end
    else this.#exitCode = end.exitCode
  }

  #onEnded(): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    clearTimeout(this.#wall)
    this.#wallMs = performance.now() - this.#startedAt
  }

  /** Lets the node end what its first process did not. */
  async #overdue(placed: PlacedJob): Promise<never> {
    await this.#stopped.promise
    await delay(KILL_GRACE_MS, undefined, { ref: false })
    if (this.#isRunning) await placed.delete().catch(() => undefined)
    await delay(END_GRACE_MS, undefined, { ref: false })
    throw new ClusterError(0, `the call did not end within ${END_GRACE_MS} ms`)
  }

  #endWith(ending: SandboxEnding, detail: string): void {
    if (this.#stop !== undefined) return
    this.#stop = { ending, detail }
    this.#stopped.resolve()
    this.#streams?.end()
  }

  #job(mounts: readonly ClaimMount[]) {
    const { image, claim, node, seccompProfile, uid, gid, pendingMs } = this.settings
    return callJob({
      name: this.#name,
      owner: nextOwner(),
      machine: machineId(),
      image,
      claim,
      ...(node !== undefined && { node }),
      ...(seccompProfile !== undefined && { seccompProfile }),
      uid,
      gid,
      mounts,
      limits: this.request.limits,
      pendingMs,
    })
  }

  #result(): SandboxResult {
    const output = this.#output
    const verdict = this.#verdict
    return {
      isolation: 'kubernetes',
      ...(this.#stop ?? endingOf(this.#exitCode)),
      ...output.result,
      usage: {
        wallMs: this.#wallMs,
        outputBytes: output.seenBytes,
        maxMemoryBytes: verdict?.maxMemoryBytes ?? 0,
        ...(verdict?.cpuMs !== undefined && { cpuMs: verdict.cpuMs }),
      },
      enforced: this.#enforced(),
    }
  }

  #enforced(): Record<keyof SandboxLimits, Enforcement> {
    const workspace = this.#workspace?.seesWorkspace === true ? 'poll' : 'none'
    return {
      wallMs: 'poll',
      outputBytes: 'poll',
      memoryBytes: 'kernel',
      processes: 'poll',
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
