import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { OutputChunk, SandboxInput } from '../sandbox.js'
import { acknowledgement, endOfCall, endOfInput, framesOf } from './gate.script.js'

const [STDIN, STDOUT, STDERR, STATUS] = [0, 1, 2, 3]
/** A proxy on the way may end a connection on which nothing comes. */
const PING_EVERY_MS = 15_000
const MAX_LINES_BYTES = 16_384

/** How the streams ended: all that was written has come, or the connection broke before. */
export type StreamsEnd = { isComplete: true } | { isComplete: false; reason: string }

/** The streams of one pod on their way over the API server's connection. */
export class PodStreams {
  readonly ended: Promise<StreamsEnd>
  #take: (stream: OutputChunk['stream'], bytes: Buffer) => void
  #said = Buffer.alloc(0)
  #errors = Buffer.alloc(0)
  #status: StreamsEnd | undefined
  #isAlive = true
  /** Whether there is nobody who would read input. */
  #isClosed = false
  readonly #acknowledged = Promise.withResolvers<void>()
  readonly #ping: NodeJS.Timeout

  constructor(private readonly socket: WebSocket) {
    this.#take = (stream, bytes) => this.#keep(stream, bytes)
    socket.on('message', (data: RawData) => this.#receive(asBuffer(data)))
    socket.on('pong', () => (this.#isAlive = true))
    this.#ping = setInterval(() => {
      if (!this.#isAlive) return socket.terminate()
      this.#isAlive = false
      socket.ping()
    }, PING_EVERY_MS)
    this.ended = once(socket, 'close').then(([code]) => {
      this.#isClosed = true
      clearInterval(this.#ping)
      return this.#status ?? { isComplete: false, reason: `the connection broke off (${String(code)})` }
    })
  }

  /**
   * Asks the gate what is mounted.
   *
   * @returns its lines; fewer when it ended first
   */
  async ask(lines: number): Promise<{ lines: string[]; complaint: string }> {
    await this.#write(Buffer.from('look\n'))
    const found = (): string[] => this.#said.toString('utf8').split('\n').slice(0, -1)
    while (found().length < lines && !this.#isClosed && this.#said.length < MAX_LINES_BYTES)
      await Promise.race([once(this.socket, 'message'), this.ended])
    return { lines: found(), complaint: this.#errors.toString('utf8').trim() }
  }

  /** Lets the command run; from now on, what comes is its output. Resolves when all input is handed over or of no use. */
  async begin(
    call: Buffer,
    input: SandboxInput | undefined,
    take: (stream: OutputChunk['stream'], bytes: Buffer) => void,
  ): Promise<void> {
    this.#take = take
    await this.#write(call)
    if (input instanceof Readable) await this.#handOn(input)
    else if (input !== undefined) await this.#writeFrames(Buffer.from(input))
    if (!this.#isClosed) await this.#write(endOfInput)
  }

  /** Ends the call's processes sooner than the cluster hears of it. */
  end(): void {
    void this.#write(endOfCall)
  }

  /** Lets the first process go, which has said how the call went; no input follows. */
  acknowledge(word: string): void {
    this.#isClosed = true
    this.#acknowledged.resolve()
    void this.#write(acknowledgement(word))
  }

  close(): void {
    clearInterval(this.#ping)
    this.socket.terminate()
  }

  /** What is left of live input stays its owner's. */
  async #handOn(input: Readable): Promise<void> {
    // Between two parts, only this knows that nobody will read them.
    const over = Promise.race([this.ended, this.#acknowledged.promise]).then(
      () => ({ done: true, value: undefined }) as const,
    )
    try {
      const parts = input.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer | string>
      for (;;) {
        const next = await Promise.race([parts.next(), over])
        if (next.done === true) return
        await this.#writeFrames(Buffer.from(next.value as Buffer))
      }
    } catch {
      // The owner ended it with an error: for the command that is the end.
    }
  }

  async #writeFrames(bytes: Buffer): Promise<void> {
    for (const frame of framesOf(bytes)) {
      if (this.#isClosed) return
      await this.#write(frame)
    }
  }

  /** Resolves when the connection has taken it, or takes nothing any more. */
  #write(bytes: Buffer): Promise<unknown> {
    const message = Buffer.concat([Buffer.from([STDIN]), bytes])
    const written = new Promise<void>((resolve) => this.socket.send(message, () => resolve()))
    return Promise.race([written, this.ended])
  }

  #receive(message: Buffer): void {
    this.#isAlive = true
    const content = message.subarray(1)
    if (message[0] === STATUS) this.#status = readStatus(content.toString('utf8'))
    else if (content.length === 0) return
    else if (message[0] === STDOUT) this.#take('stdout', content)
    else if (message[0] === STDERR) this.#take('stderr', content)
  }

  #keep(stream: OutputChunk['stream'], bytes: Buffer): void {
    if (stream === 'stdout') this.#said = Buffer.concat([this.#said, bytes])
    else this.#errors = Buffer.concat([this.#errors, bytes]).subarray(0, MAX_LINES_BYTES)
  }
}

function readStatus(text: string): StreamsEnd {
  try {
    const { status, message } = JSON.parse(text) as { status?: string; message?: string }
    if (status === 'Success') return { isComplete: true }
    return { isComplete: false, reason: message ?? 'the API server does not say why' }
  } catch {
    return { isComplete: false, reason: text.slice(0, 500) }
  }
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
