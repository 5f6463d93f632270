import {
  FileRefusedError,
  FileSession,
  FileSessionError,
  type Sandbox,
  type SandboxRequest,
  type SandboxSurroundings,
} from '@guildhall/sandbox'
import type { SandboxCommand } from '../functions/function.definition.js'
import { type FunctionOutcome, outcomeOf, sessionOutcome } from '../functions/function.outcome.js'
import { CallSlots } from './call.slots.js'

/** A run that has made so many calls of a kind will make more: what is made ahead for the only one is made in vain. */
const OFTEN = 2
/** Elsewhere paths inside are others, or there need not be the program that the session is. */
const WITH_SESSIONS: ReadonlySet<Sandbox['kind']> = new Set(['bubblewrap', 'container'])
/** What the session's process does not do, and the command may. */
const BEYOND_SESSION = new Set(['EFBIG', 'ENOTTEXT'])

/** The sandboxes of all runs of this executor. */
export class RunSandboxes {
  private readonly slots: CallSlots

  /** @param concurrency calls at the same time; what is beyond waits, and its wall time has not begun */
  constructor(
    private readonly sandbox: Sandbox,
    concurrency: number,
  ) {
    this.slots = new CallSlots(concurrency)
  }

  open(signal: AbortSignal): RunSandbox {
    return new RunSandbox(this.sandbox, this.slots, signal)
  }
}

/**
 * How one run calls functions. Each command has a sandbox of its own: one that was made ahead for this run, as it is now,
 * or else a new one. What only touches files is done by one process in a sandbox that lives as long as the run. Neither is
 * another run's, ever.
 */
export class RunSandbox {
  private commands = 0
  private fileCalls = 0
  private session: FileSession | undefined
  private warming: Promise<unknown> = Promise.resolve()
  private readonly workspaces = new Set<string>()
  private isClosed = false

  constructor(
    private readonly sandbox: Sandbox,
    private readonly slots: CallSlots,
    /** Aborted when what runs must be killed. */
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => void this.session?.close(), { once: true })
  }

  /**
   * @param request what the command needs, `signal` left out
   * @throws as `Sandbox.run`, before anything has started
   */
  async call(
    { inSession, converse, conclude }: Pick<SandboxCommand, 'inSession' | 'converse' | 'conclude'>,
    request: Omit<SandboxRequest, 'signal'>,
    isRepeatable: boolean,
  ): Promise<FunctionOutcome> {
    const done = inSession && (await this.callInSession(inSession, request, isRepeatable))
    if (done) return done
    const { sandbox, signal } = this
    if (converse) return this.slots.use(signal, () => converse(sandbox, { ...request, signal }, {}))
    const result = await this.slots.use(signal, () => sandbox.run({ ...request, signal }))
    if (!inSession) this.commands += 1
    // A machine that has enough to do makes nothing ahead.
    if (!inSession && this.commands >= OFTEN && this.slots.hasFree) this.warmUp(request)
    const outcome = outcomeOf(result)
    return conclude?.(outcome) ?? outcome
  }

  /** Resolves when nothing of the run's lives; no call may be under way. */
  async close(): Promise<void> {
    this.isClosed = true
    await this.session?.close()
    await this.warming
    for (const workspace of this.workspaces) await this.sandbox.coolDown(workspace)
  }

  private warmUp({ workspace, mounts, limits }: SandboxSurroundings): void {
    if (this.isClosed || this.signal.aborted) return
    this.workspaces.add(workspace)
    this.warming = Promise.all([this.warming, this.sandbox.warmUp({ workspace, mounts, limits })])
  }

  /** Undefined when it is to be done by the command. */
  private async callInSession(
    work: NonNullable<SandboxCommand['inSession']>,
    { workspace, mounts, limits }: SandboxSurroundings,
    isRepeatable: boolean,
  ): Promise<FunctionOutcome | undefined> {
    this.fileCalls += 1
    if (!WITH_SESSIONS.has(this.sandbox.kind) || this.fileCalls < OFTEN || this.signal.aborted)
      return undefined
    this.session ??= new FileSession(this.sandbox, { workspace, mounts, limits }, limits.wallMs)
    const startedAt = performance.now()
    const outcome = (done: Parameters<typeof sessionOutcome>[2]) =>
      sessionOutcome(performance.now() - startedAt, this.sandbox.kind, done)
    try {
      return outcome({ stdout: await work(this.session) })
    } catch (error) {
      if (error instanceof FileRefusedError) {
        return BEYOND_SESSION.has(error.code) ? undefined : outcome({ exitCode: 1, stderr: error.message })
      }
      if (!(error instanceof FileSessionError)) throw error
      const { ending, message } = error
      return isRepeatable && ending === 'sandbox-failed' ? undefined : outcome({ ending, stderr: message })
    }
  }
}
