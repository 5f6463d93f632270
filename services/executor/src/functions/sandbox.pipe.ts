import { PassThrough } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import type { Sandbox, SandboxRequest, SandboxResult } from '@guildhall/sandbox'

/** How long a program that has been told that nobody speaks with it any more may take to end by itself. */
const graceMs = 500
const complaintChars = 4_000

/** How a conversation ended; what the program wrote to stderr is its last part. */
export interface PipeEnd {
  result: SandboxResult
  /** It was this side that ended it. */
  isOurs: boolean
  stderr: string
}

/** A program in the sandbox that is spoken with line by line while it runs. */
export class SandboxPipe {
  /** Set it before anything is written. */
  onLine: (line: string) => void = () => undefined
  /** Rejects as `Sandbox.run` does. */
  readonly ended: Promise<PipeEnd>
  readonly #input = new PassThrough()
  readonly #abort = new AbortController()
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''
  #stderr = ''
  #isOurs = false
  #isOver = false

  constructor(sandbox: Sandbox, request: SandboxRequest) {
    const { signal } = request
    const running = sandbox.run({
      ...request,
      stdin: this.#input,
      signal: signal ? AbortSignal.any([signal, this.#abort.signal]) : this.#abort.signal,
      onBytes: (stream, bytes) => {
        if (stream === 'stdout') this.#read(this.#decoder.write(bytes))
        else this.#stderr = (this.#stderr + bytes.toString('utf8')).slice(-complaintChars)
      },
    })
    this.ended = running
      .then((result) => ({
        result,
        isOurs: this.#isOurs && signal?.aborted !== true,
        stderr: this.#stderr,
      }))
      .finally(() => {
        this.#isOver = true
        this.#input.destroy()
      })
  }

  /** What is written after the end goes nowhere. */
  write(line: string): void {
    if (!this.#isOver) this.#input.write(`${line}\n`)
  }

  /** Ends the conversation, and soon the program. */
  end(): void {
    if (this.#isOver || this.#isOurs) return
    this.#isOurs = true
    this.#input.end()
    const timer = setTimeout(() => this.#abort.abort(), graceMs)
    const clear = () => clearTimeout(timer)
    this.ended.then(clear, clear)
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (this.#isOurs) return
      try {
        this.onLine(line)
      } catch {
        // Whoever waits for an answer is told that the program has ended.
        this.end()
      }
    }
  }
}
