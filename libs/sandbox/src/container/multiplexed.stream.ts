import type { OutputChunk } from '../sandbox.js'

const HEADER_BYTES = 8
const STREAMS: readonly (OutputChunk['stream'] | undefined)[] = [undefined, 'stdout', 'stderr']

/**
 * Takes apart what an engine sends for a container without a terminal: frames of one byte that names the stream, three
 * zeros, the length in four bytes, and the content. Content is handed on as it comes, frames complete or not.
 */
export class MultiplexedStream {
  #header = Buffer.alloc(0)
  #stream: OutputChunk['stream'] | undefined
  #left = 0

  constructor(private readonly take: (stream: OutputChunk['stream'], bytes: Buffer) => void) {}

  /** @throws Error when it is no such stream */
  push(bytes: Buffer): void {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#left === 0) {
        const missing = HEADER_BYTES - this.#header.length
        this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)])
        rest = rest.subarray(missing)
        if (this.#header.length < HEADER_BYTES) return
        this.#begin()
        continue
      }
      const content = rest.subarray(0, this.#left)
      rest = rest.subarray(content.length)
      this.#left -= content.length
      if (this.#stream !== undefined) this.take(this.#stream, content)
    }
  }

  #begin(): void {
    const kind = this.#header[0]
    this.#stream = STREAMS[kind ?? -1]
    if (this.#stream === undefined)
      throw new Error(`the engine sent a frame of kind ${String(kind)}: is it another protocol?`)
    this.#left = this.#header.readUInt32BE(4)
    this.#header = Buffer.alloc(0)
  }
}
