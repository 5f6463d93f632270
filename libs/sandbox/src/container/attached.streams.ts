import { type Duplex, Readable, type Writable } from 'node:stream'
import type { OutputChunk, SandboxInput } from '../sandbox.js'
import type { OutputCapture } from '../stdio/output-capture.js'
import { MultiplexedStream } from './multiplexed.stream.js'

/** The streams of one container on their way over the engine's connection. */
export class AttachedStreams {
  readonly #ended: Promise<void>
  #source: Readable | undefined
  #input: Writable | undefined

  /** @param onBroken called when what comes is no stream of a container */
  constructor(
    readonly connection: Duplex,
    output: OutputCapture,
    onBroken: (reason: string) => void,
  ) {
    const frames = new MultiplexedStream((stream, bytes) => output.take(stream, bytes))
    connection.on('data', (bytes: Buffer) => {
      try {
        frames.push(bytes)
      } catch (error) {
        connection.destroy()
        onBroken((error as Error).message)
      }
    })
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        for (const stream of ['stdout', 'stderr'] satisfies OutputChunk['stream'][]) output.end(stream)
        resolve()
      }
      connection.once('close', end)
    })
    // The command may end, or close its input, with more to come; the engine tells how it ended.
    connection.on('error', () => undefined)
  }

  /**
   * Lets the command run, by the line that it waits for, and hands its input on.
   *
   * @param target where the container's input is written; it is closed with the streams
   */
  begin(target: Writable, line: string, input: SandboxInput | undefined): void {
    this.#input = target
    target.on('error', () => undefined)
    target.write(line)
    // The connection stays open without input, too: the engine would end the output with it.
    if (input === undefined) return
    if (!(input instanceof Readable)) {
      target.end(input)
      return
    }
    this.#source = input
    input.once('error', () => target.end())
    input.pipe(target)
  }

  /** Resolves when all that was written has come, or after `graceMs`. */
  async finish(graceMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)))
    await Promise.race([this.#ended, grace])
    clearTimeout(timer)
    this.close()
  }

  /** What is left of live input stays its owner's. */
  close(): void {
    if (this.#input !== undefined) this.#source?.unpipe(this.#input)
    this.#input?.destroy()
    this.connection.destroy()
  }
}
