import type { Readable } from 'node:stream'
import type { SandboxLimits } from './limits.js'
import type { ProbeReport } from './probe.js'

/**
 * A host path shown inside. `target` is absolute, normalised and below `/mnt` or `/skills`; it may not lie
 * inside another mount.
 */
export interface SandboxMount {
  source: string
  target: string
  mode: 'ro' | 'rw'
}

export interface OutputChunk {
  stream: 'stdout' | 'stderr'
  text: string
}

/** Known input, or a stream that is handed on as it comes; what is left of it stays the caller's. */
export type SandboxInput = string | Uint8Array | Readable

/**
 * What a call runs in: all that a sandbox is made with before it is known which command it is for. See
 * `SandboxRequest`.
 */
export interface SandboxSurroundings {
  workspace: string
  protect?: readonly string[]
  mounts: readonly SandboxMount[]
  limits: SandboxLimits
}

/**
 * One function call.
 *
 * `argv` is visible in the host's process list and inside the sandbox: secrets belong in `env`, which travels
 * through a descriptor and appears in no command line. `workspace` is an absolute host folder (see
 * `prepareWorkspace`), mounted read-write at `/workspace`, which is also the working directory and HOME.
 * `protect` names files and folders of the workspace, relative to it, that the call sees read-only; each must exist and
 * be reached without a link. Calls that run in one workspace at the same time protect the same.
 * Absent `stdin` means an empty one. `onOutput` gets decoded UTF-8 as it arrives, `onBytes` what was written as it is;
 * neither gets more than `limits.outputBytes` in sum, and neither may throw. With `onBytes` the result holds no output.
 */
export interface SandboxRequest extends SandboxSurroundings {
  argv: readonly string[]
  stdin?: SandboxInput
  env: Record<string, string>
  signal?: AbortSignal
  onOutput?: (chunk: OutputChunk) => void
  onBytes?: (stream: OutputChunk['stream'], bytes: Buffer) => void
  /** While it is true, what is polled is not: for a command that acts only when it is asked to. Default: never. */
  isIdle?: () => boolean
}

/**
 * How a call ended. `exited` and `signaled` are the command's own end; `sandbox-failed` means the command was
 * never started or its processes could not be ended; the rest name the limit (or the caller) that ended it.
 */
export type SandboxEnding =
  | 'exited'
  | 'signaled'
  | 'wall-time'
  | 'cpu-time'
  | 'memory'
  | 'processes'
  | 'workspace'
  | 'output'
  | 'canceled'
  | 'sandbox-failed'

/** Who holds a limit: the kernel at once, a poll or timer of this process a little late, or nobody. */
export type Enforcement = 'kernel' | 'poll' | 'none'

/**
 * `exitCode` is absent when the command did not end by itself. bubblewrap reports death by signal n as 128 +
 * n, so a command that itself exits with such a code is reported as `signaled` too; `exitCode` keeps the
 * number. `stdout` and `stderr` are the bytes read as UTF-8. `isWarm`: in a sandbox that was there already.
 */
export interface SandboxResult {
  ending: SandboxEnding
  exitCode?: number
  signal?: string
  stdout: string
  stderr: string
  stdoutBytes: Buffer
  stderrBytes: Buffer
  truncated: boolean
  usage: SandboxUsage
  enforced: Record<keyof SandboxLimits, Enforcement>
  detail?: string
  /** What stood between the command and the host; `process`: nothing did. */
  isolation: 'bubblewrap' | 'container' | 'kubernetes' | 'process'
  isWarm?: true
}

/**
 * What a call used. Where a control group holds it, the kernel counted `cpuMs` exactly, and `maxMemoryBytes` is the most
 * that counted towards the limit, files in the page cache among it. Elsewhere both are what polls saw: memory that
 * processes share counts once for each of them, 0 is that of a call too short to be seen, and `cpuMs` is in steps of
 * 10 ms and absent when nobody saw it.
 */
export interface SandboxUsage {
  wallMs: number
  outputBytes: number
  maxMemoryBytes: number
  cpuMs?: number
}

export interface Sandbox {
  /** `process` isolates nothing, and is called a sandbox nowhere but in this interface. */
  readonly kind: 'bubblewrap' | 'container' | 'kubernetes' | 'process'
  /** Runs real attacks and reports which were contained. Never throws; an executor serves only when `ok`. */
  probe(): Promise<ProbeReport>
  /**
   * Resolves when every process of the call is dead, whatever ended it. Call it from the main thread only:
   * the kernel binds "die with the parent" to the thread that started the process.
   *
   * @throws SandboxUnavailableError this machine cannot isolate; the message names the line to run.
   * @throws InvalidRequestError argv, environment or limits are unusable.
   * @throws InvalidMountError a mount or the workspace is refused.
   */
  run(request: SandboxRequest): Promise<SandboxResult>
  /**
   * Makes a sandbox for the next call in these surroundings ahead of it, unless there is one. Only a call without
   * `stdin`, with a short command and with the same workspace, mounts and limits (`wallMs` and `outputBytes` may differ)
   * takes it, and takes it alone: it is used once. One that nobody takes ends by itself after half a minute. Resolves
   * when it is there; never rejects, since the call itself tells what is wrong.
   */
  warmUp(surroundings: SandboxSurroundings): Promise<void>
  /** Ends the sandboxes that wait for calls in the workspace, or all; resolves when they are dead. */
  coolDown(workspace?: string): Promise<void>
}
