import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Sandbox, SandboxEnding, SandboxSurroundings } from '../sandbox.js'
import { fileHelper } from './file-helper.js'
import { FileRefusedError, FileSessionError, type FileOperations } from './file-operations.js'

/** Sums over the life of a session mean nothing; each answer is bounded by its own arguments. */
const UNBOUNDED = Number.MAX_SAFE_INTEGER
const MAX_TIMER_MS = 2 ** 31 - 1
/** Longer than any answer that its arguments allow. */
const MAX_LINE_CHARACTERS = 64 * 2 ** 20

interface Waiting {
  resolve: (value: unknown) => void
  reject: (error: Error) => void
}

interface Answer {
  id: number
  value?: unknown
  error?: { code: string; message: string }
}

/**
 * File functions in one workspace, done by one process that lives inside a sandbox as long as the session: a request
 * costs a pipe, not a sandbox. The process starts with the first request, and anew after it ended; one session is one
 * run's. Requests are done one after another.
 */
export class FileSession {
  #process: HelperProcess | undefined

  constructor(
    private readonly sandbox: Sandbox,
    private readonly surroundings: SandboxSurroundings,
    /** How long one request may take; it ends the process. */
    private readonly requestMs = 30_000,
  ) {}

  /**
   * @throws FileRefusedError what the file system inside says, with its code
   * @throws FileSessionError when the process could not do it; it may or may not have been done
   */
  async do<K extends keyof FileOperations>(
    op: K,
    args: FileOperations[K]['args'],
  ): Promise<FileOperations[K]['value']> {
    if (this.#process === undefined || this.#process.hasEnded)
      this.#process = new HelperProcess(this.sandbox, this.surroundings)
    return (await this.#process.ask({ op, ...args }, this.requestMs)) as FileOperations[K]['value']
  }

  /** Resolves when nothing of it lives; what is under way is rejected. */
  async close(): Promise<void> {
    await this.#process?.end()
    this.#process = undefined
  }
}

class HelperProcess {
  hasEnded = false
  readonly #input = new PassThrough()
  readonly #abort = new AbortController()
  readonly #waiting = new Map<number, Waiting>()
  readonly #ended: Promise<void>
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''
  #complaint = ''
  #lastId = 0
  #isLate = false

  constructor(sandbox: Sandbox, { limits, ...surroundings }: SandboxSurroundings) {
    const running = sandbox.run({
      ...surroundings,
      argv: ['node', '-e', fileHelper],
      env: {},
      stdin: this.#input,
      limits: { ...limits, wallMs: MAX_TIMER_MS, outputBytes: UNBOUNDED },
      signal: this.#abort.signal,
      // It does nothing by itself: what nobody asked for need not be watched.
      isIdle: () => this.#waiting.size === 0,
      onBytes: (stream, bytes) => {
        if (stream === 'stdout') this.#read(this.#decoder.write(bytes))
        else this.#complaint = (this.#complaint + bytes.toString('utf8')).slice(-2_000)
      },
    })
    this.#ended = running.then(
      ({ ending, detail }) => this.#endAll(ending, `${ending}${detail === undefined ? '' : `: ${detail}`}`),
      (error: unknown) =>
        this.#endAll('sandbox-failed', error instanceof Error ? error.message : String(error)),
    )
  }

  ask(request: object, withinMs: number): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#isLate = true
        this.#abort.abort()
      }, withinMs)
      const settle = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer)
          then(value)
        }
      }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
      this.#input.write(`${JSON.stringify({ id, ...request })}\n`)
    })
  }

  async end(): Promise<void> {
    this.#abort.abort()
    await this.#ended
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > MAX_LINE_CHARACTERS) this.#abort.abort()
    for (const line of lines) this.#hear(JSON.parse(line) as Answer)
  }

  #hear({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new FileRefusedError(error.code, error.message))
  }

  #endAll(ending: SandboxEnding, reason: string): void {
    this.hasEnded = true
    this.#input.destroy()
    const message = `${this.#isLate ? 'a request took too long' : reason} ${this.#complaint}`.trim()
    const error = new FileSessionError(this.#isLate ? 'wall-time' : ending, message)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
