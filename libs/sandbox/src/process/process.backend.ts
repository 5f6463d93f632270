import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { defaultUnprivilegedUid } from '../bubblewrap/unprivileged-user.js'
import type { SandboxLimits } from '../limits.js'
import type { ProbeReport } from '../probe.js'
import { assertRequest } from '../request.policy.js'
import type { Enforcement, Sandbox, SandboxEnding, SandboxRequest, SandboxResult } from '../sandbox.js'
import { InvalidRequestError } from '../sandbox.errors.js'
import { Watchdog } from '../watch/watchdog.js'
import { onHost } from './host-paths.policy.js'

const PRLIMIT = '/usr/bin/prlimit'
const DRAIN_MS = 200

/**
 * Calls as plain processes of this machine: they see and do whatever their user may. For development on machines without
 * namespaces; it isolates nothing, and a process that leaves its group may outlive its call. Never as uid 0.
 */
export const createProcessBackend = (): Sandbox => new ProcessBackend()

class ProcessBackend implements Sandbox {
  readonly kind = 'process'

  probe(): Promise<ProbeReport> {
    const detail = 'none: the operator chose plain processes, which are not isolated'
    return Promise.resolve({ ok: true, checks: [{ name: 'isolation', ok: true, detail }], tookMs: 0 })
  }

  async run(request: SandboxRequest): Promise<SandboxResult> {
    assertRequest(request)
    if ((request.protect ?? []).length > 0)
      throw new InvalidRequestError(
        'plain processes can write everywhere: nothing can be protected from them',
      )
    return new PlainCall(request).run()
  }

  warmUp(): Promise<void> {
    return Promise.resolve()
  }

  coolDown(): Promise<void> {
    return Promise.resolve()
  }
}

class PlainCall {
  readonly #kept = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  readonly #hasRlimits = existsSync(PRLIMIT)
  #seenBytes = 0
  #child: ChildProcess | undefined
  #stop: { ending: SandboxEnding; detail: string } | undefined
  #watchdog: Watchdog | undefined

  constructor(private readonly request: SandboxRequest) {}

  async run(): Promise<SandboxResult> {
    const { limits, signal, stdin } = this.request
    const startedAt = performance.now()
    const child = this.#start()
    this.#child = child
    const onAbort = (): void => this.#end('canceled', 'canceled by the caller')
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted === true) onAbort()
    const wall = setTimeout(() => this.#end('wall-time', `longer than ${limits.wallMs} ms`), limits.wallMs)
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.on('data', (bytes: Buffer) => this.#take(stream, bytes))
    child.stdin?.on('error', () => undefined)
    if (stdin instanceof Readable) stdin.pipe(child.stdin!)
    else child.stdin?.end(stdin)
    if (process.platform === 'linux' && child.pid !== undefined) this.#watch(child.pid)

    const { exitCode, exitSignal, spawnError } = await endOf(child)
    clearTimeout(wall)
    signal?.removeEventListener('abort', onAbort)
    if (stdin instanceof Readable) stdin.unpipe(child.stdin!)
    this.#kill()
    await this.#watchdog?.stop()
    return this.#result(performance.now() - startedAt, exitCode, exitSignal, spawnError)
  }

  #start(): ChildProcess {
    const { argv, env, workspace, limits } = this.request
    const words = argv.map((word) => onHost(word, this.request))
    const [file = '', ...args] = this.#hasRlimits ? [PRLIMIT, ...rlimits(limits), '--', ...words] : words
    const drop = process.getuid?.() === 0 ? { uid: defaultUnprivilegedUid, gid: defaultUnprivilegedUid } : {}
    return spawn(file, args, {
      ...drop,
      cwd: workspace,
      // A group of its own, which can be killed as one.
      detached: true,
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: workspace,
        TMPDIR: tmpdir(),
        LANG: 'C.UTF-8',
        ...env,
      },
    })
  }

  #watch(pid: number): void {
    const { workspace, limits, isIdle } = this.request
    this.#watchdog = new Watchdog({
      init: pid,
      workspace,
      limits,
      isIdle: isIdle ?? (() => false),
      countsUsage: () => true,
      countOomKills: () => 0,
      onExcess: (ending, detail) => this.#end(ending, detail),
    })
  }

  #take(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const { limits, onBytes, onOutput } = this.request
    const kept = bytes.subarray(0, Math.max(0, limits.outputBytes - this.#seenBytes))
    this.#seenBytes += bytes.length
    if (kept.length > 0) {
      if (onBytes) onBytes(stream, kept)
      else this.#kept[stream].push(kept)
      onOutput?.({ stream, text: kept.toString('utf8') })
    }
    if (this.#seenBytes > limits.outputBytes)
      this.#end('output', `more than ${limits.outputBytes} bytes of output`)
  }

  #end(ending: SandboxEnding, detail: string): void {
    this.#stop ??= { ending, detail }
    this.#kill()
  }

  #kill(): void {
    try {
      if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // The group has ended.
    }
  }

  #result(
    wallMs: number,
    exitCode: number | null,
    exitSignal: NodeJS.Signals | null,
    spawnError: string | undefined,
  ): SandboxResult {
    const own: SandboxEnding =
      exitCode !== null ? 'exited' : exitSignal === 'SIGXCPU' ? 'cpu-time' : 'signaled'
    const ending = this.#stop?.ending ?? (spawnError === undefined ? own : 'sandbox-failed')
    const detail =
      this.#stop?.detail ?? (spawnError === undefined ? undefined : `cannot start: ${spawnError}`)
    const [stdoutBytes, stderrBytes] = [Buffer.concat(this.#kept.stdout), Buffer.concat(this.#kept.stderr)]
    return {
      ending,
      ...(this.#stop === undefined && exitCode !== null && { exitCode }),
      ...(this.#stop === undefined && exitSignal !== null && { signal: exitSignal }),
      ...(detail !== undefined && { detail }),
      stdout: stdoutBytes.toString('utf8'),
      stderr: stderrBytes.toString('utf8'),
      stdoutBytes,
      stderrBytes,
      truncated: this.#seenBytes > this.request.limits.outputBytes,
      isolation: 'process',
      usage: {
        wallMs,
        outputBytes: this.#seenBytes,
        maxMemoryBytes: this.#watchdog?.maxMemoryBytes ?? 0,
        ...(this.#watchdog?.cpuMs !== undefined && { cpuMs: this.#watchdog.cpuMs }),
      },
      enforced: this.#enforced(),
    }
  }

  #enforced(): Record<keyof SandboxLimits, Enforcement> {
    const polled = this.#watchdog === undefined ? 'none' : 'poll'
    const byRlimit = this.#hasRlimits ? 'kernel' : 'none'
    return {
      wallMs: 'poll',
      outputBytes: 'poll',
      memoryBytes: polled,
      processes: polled,
      workspaceBytes: polled,
      workspaceEntries: polled,
      fileBytes: byRlimit,
      openFiles: byRlimit,
      cpuSeconds: byRlimit,
      tmpBytes: 'none',
      shmBytes: 'none',
    }
  }
}

// The number of processes is counted for the user on the whole machine, so it cannot be bounded for one call.
const rlimits = ({ openFiles, fileBytes, cpuSeconds }: SandboxLimits): string[] => [
  '--core=0',
  `--nofile=${openFiles}`,
  `--fsize=${fileBytes}`,
  `--cpu=${cpuSeconds}:${cpuSeconds + 1}`,
]

interface End {
  exitCode: number | null
  exitSignal: NodeJS.Signals | null
  spawnError?: string
}

/** Ends with the process, also when something else still holds its output open. */
function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ exitCode: null, exitSignal: null, spawnError: error.code ?? error.message }),
    )
    child.once('exit', (exitCode, exitSignal) => {
      const end = () => {
        clearTimeout(timer)
        resolve({ exitCode, exitSignal })
      }
      const timer = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        end()
      }, DRAIN_MS)
      child.once('close', end)
    })
  })
}
