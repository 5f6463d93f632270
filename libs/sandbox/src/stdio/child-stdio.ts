import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { SandboxInput } from '../sandbox.js'
import type { Descriptors } from './descriptors.js'
import { HeldFile } from './held-file.js'
import type { PipeSupply } from './pipe-supply.js'

export interface ChildStdio {
  /** For the child's 0, 1 and 2. */
  child: [number | 'ignore', number, number]
  /** Read ends of 1 and 2. */
  stdout: number
  stderr: number
  /** Begins to hand live input on; called once the child has its ends. */
  feed?: () => Feed
}

/** Live input on its way into a sandbox. */
export interface Feed {
  /** Takes no more of the source, which stays its owner's. */
  stop: () => void
}

/**
 * Known input is a nameless file: nobody has to feed a command that does not read, and /dev/stdin can be opened
 * again, which on a pipe would wait for a writer for ever. Live input is a pipe of its own: the caller's descriptor
 * itself might be open for writing, or a terminal. All descriptors belong to `descriptors` until released.
 */
export async function openStdio(
  pipes: PipeSupply,
  input: SandboxInput | undefined,
  descriptors: Descriptors,
): Promise<ChildStdio> {
  const stdout = await pipes.open(descriptors)
  const stderr = await pipes.open(descriptors)
  const outputs = { stdout: stdout.readEnd, stderr: stderr.readEnd }
  const ends = [stdout.writeEnd, stderr.writeEnd] as const
  if (input instanceof Readable) {
    const stdin = await pipes.openInput(descriptors)
    const feed = () => feedFrom(input, descriptors.release(stdin.writeEnd))
    return { child: [stdin.readEnd, ...ends], ...outputs, feed }
  }
  if (input === undefined) return { child: ['ignore', ...ends], ...outputs }
  const file = await HeldFile.create(input)
  const stdin = descriptors.add(file.open())
  file.close()
  return { child: [stdin, ...ends], ...outputs }
}

function feedFrom(source: Readable, descriptor: number): Feed {
  const pipe = new Socket({ fd: descriptor, readable: false, writable: true })
  const stop = (): void => {
    source.unpipe(pipe)
    pipe.destroy()
  }
  // The command may end, or close its input, with more to come.
  pipe.on('error', stop)
  source.once('error', stop)
  source.pipe(pipe)
  return { stop }
}
