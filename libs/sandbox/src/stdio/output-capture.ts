import { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { OutputChunk, SandboxRequest, SandboxResult } from '../sandbox.js'

type Stream = OutputChunk['stream']

/** Who hears output as it comes: `onText` decoded, `onBytes` as it was written; with `onBytes` nothing is kept. */
export interface OutputListeners {
  onText?: ((chunk: OutputChunk) => void) | undefined
  onBytes?: ((stream: Stream, bytes: Buffer) => void) | undefined
  /** Called once, when there is more than the limit. */
  onOverflow: () => void
}

/** Collects both streams up to a common limit; what is beyond is dropped. */
export class OutputCapture {
  readonly #kept: Record<Stream, Buffer[]> = { stdout: [], stderr: [] }
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  readonly #sockets: Socket[] = []
  #keptBytes = 0
  #seenBytes = 0

  constructor(
    private readonly limitBytes: number,
    private readonly listeners: OutputListeners,
  ) {}

  /** That of a call; `end` is called once, when it wrote more than it may. */
  static of(
    { limits: { outputBytes }, onOutput, onBytes }: SandboxRequest,
    end: (ending: 'output', detail: string) => void,
  ): OutputCapture {
    const onOverflow = () => end('output', `more than ${outputBytes} bytes of output`)
    return new OutputCapture(outputBytes, { onText: onOutput, onBytes, onOverflow })
  }

  /** Reads until every writer is gone. The descriptor is closed by the capture. */
  read(stream: Stream, descriptor: number): void {
    const socket = new Socket({ fd: descriptor, readable: true, writable: false })
    this.#sockets.push(socket)
    socket.on('data', (bytes: Buffer) => this.take(stream, bytes))
    socket.on('end', () => this.end(stream))
    socket.on('error', () => socket.destroy())
  }

  /** For what comes through no descriptor of its own. */
  take(stream: Stream, bytes: Buffer): void {
    const room = this.limitBytes - this.#keptBytes
    const kept = bytes.subarray(0, Math.max(0, room))
    this.#keptBytes += kept.length
    const hadOverflow = this.truncated
    this.#seenBytes += bytes.length
    if (kept.length > 0) this.#keep(stream, kept)
    if (this.truncated && !hadOverflow) this.listeners.onOverflow()
  }

  /** Nothing more comes in the stream. */
  end(stream: Stream): void {
    this.#say(stream, this.#decoders[stream].end())
  }

  get truncated(): boolean {
    return this.#seenBytes > this.limitBytes
  }

  /** All bytes that were written, also the dropped ones that were still read. */
  get seenBytes(): number {
    return this.#seenBytes
  }

  bytes(stream: Stream): Buffer {
    return Buffer.concat(this.#kept[stream])
  }

  /** What the result of a call says of it. */
  get result(): Pick<SandboxResult, 'stdout' | 'stderr' | 'stdoutBytes' | 'stderrBytes' | 'truncated'> {
    const [stdoutBytes, stderrBytes] = [this.bytes('stdout'), this.bytes('stderr')]
    const [stdout, stderr] = [stdoutBytes.toString('utf8'), stderrBytes.toString('utf8')]
    return { stdout, stderr, stdoutBytes, stderrBytes, truncated: this.truncated }
  }

  /** Resolves when both streams ended, or after `graceMs` when something outside still holds a write end. */
  async finish(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)))
    const ended = this.#sockets
      .filter((socket) => !socket.closed)
      .map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
    await Promise.race([Promise.all(ended), grace])
    clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
  }

  #keep(stream: Stream, bytes: Buffer): void {
    const { onBytes, onText } = this.listeners
    if (onBytes) onBytes(stream, bytes)
    else this.#kept[stream].push(bytes)
    if (onText) this.#say(stream, this.#decoders[stream].write(bytes))
  }

  #say(stream: Stream, text: string): void {
    if (text !== '') this.listeners.onText?.({ stream, text })
  }
}
