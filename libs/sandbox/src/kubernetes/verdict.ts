import type { SandboxEnding } from '../sandbox.js'
import { OUT_OF_MEMORY } from '../watch/watchdog.js'

/** What the first process of a call says when it has ended everything else in the pod. */
export interface Verdict {
  /** As a shell tells it: 128 + n for signal n. */
  exitCode: number
  /** Which limit it saw exceeded, or that the limits could not be set. */
  excess?: 'processes' | 'memory' | 'workspace' | 'limits'
  maxMemoryBytes?: number
  cpuMs?: number
}

/** Undefined when it is none. */
export function readVerdict(text: string): Verdict | undefined {
  const [, code, excess] = /^ended (\d+) ?(processes|memory|workspace|limits)?$/m.exec(text) ?? []
  if (code === undefined) return undefined
  const number = (name: string): number | undefined => {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
  const [memory, nanoseconds, microseconds] = [number('memory'), number('cpuNs'), number('cpuUs')]
  const cpuMs = nanoseconds !== undefined ? nanoseconds / 1e6 : microseconds && microseconds / 1e3
  return {
    exitCode: Number(code),
    ...(excess !== undefined && { excess: excess as NonNullable<Verdict['excess']> }),
    ...(memory !== undefined && { maxMemoryBytes: memory }),
    ...(cpuMs !== undefined && { cpuMs: Math.round(cpuMs) }),
  }
}

/** What the verdict says instead of the command's own end; undefined when it ended by itself. */
export function excessOf(
  { excess }: Verdict,
  processes: number,
): { ending: SandboxEnding; detail: string } | undefined {
  if (excess === 'memory') return { ending: 'memory', detail: OUT_OF_MEMORY }
  if (excess === 'processes')
    return { ending: 'processes', detail: `the limit of ${processes} tasks was reached` }
  if (excess === 'workspace') return { ending: 'workspace', detail: 'files that were deleted, and are open' }
  if (excess === 'limits') return { ending: 'sandbox-failed', detail: 'a limit cannot be set' }
  return undefined
}

/**
 * Finds in a stream of errors the verdict, which begins with a mark that the command cannot know. Everything before it is handed
 * on as it comes, but for bytes that may be the beginning of the mark.
 */
export class VerdictStream {
  #held = Buffer.alloc(0)
  #verdict: Buffer | undefined

  /**
   * @param mark begins with a byte that is rare, and is not repeated in it
   * @param onFound called once, when the verdict begins
   */
  constructor(
    private readonly mark: Buffer,
    private readonly take: (bytes: Buffer) => void,
    private readonly onFound: () => void,
  ) {}

  push(bytes: Buffer): void {
    if (this.#verdict !== undefined) {
      this.#verdict = Buffer.concat([this.#verdict, bytes]).subarray(0, 4_096)
      return
    }
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const found = all.indexOf(this.mark)
    if (found >= 0) this.#verdict = Buffer.from(all.subarray(found + this.mark.length))
    const end = found >= 0 ? found : all.length - this.#beginningAtEndOf(all)
    this.#held = found >= 0 ? Buffer.alloc(0) : Buffer.from(all.subarray(end))
    if (end > 0) this.take(all.subarray(0, end))
    if (found >= 0) this.onFound()
  }

  /** Nothing more comes. */
  end(): Verdict | undefined {
    if (this.#held.length > 0) this.take(this.#held)
    this.#held = Buffer.alloc(0)
    return this.#verdict && readVerdict(this.#verdict.toString('utf8'))
  }

  #beginningAtEndOf(bytes: Buffer): number {
    const at = bytes.lastIndexOf(this.mark[0]!)
    const rest = at < 0 ? 0 : bytes.length - at
    return rest < this.mark.length && bytes.subarray(bytes.length - rest).equals(this.mark.subarray(0, rest))
      ? rest
      : 0
  }
}
