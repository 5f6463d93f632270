import type { Descriptors } from './descriptors.js'
import { HeldFile } from './held-file.js'
import type { PipeSupply } from './pipe-supply.js'

export interface ChildStdio {
  /** For the child's 0, 1 and 2. */
  child: [number | 'ignore', number, number]
  /** Read ends of 1 and 2. */
  stdout: number
  stderr: number
}

/**
 * Input is a nameless file: nobody has to feed a command that does not read, and /dev/stdin can be opened
 * again, which on a FIFO would wait for a writer for ever. All descriptors belong to `descriptors` until
 * released.
 */
export async function openStdio(
  pipes: PipeSupply,
  input: string | Uint8Array | undefined,
  descriptors: Descriptors,
): Promise<ChildStdio> {
  const stdout = await pipes.open(descriptors)
  const stderr = await pipes.open(descriptors)
  let stdin: number | undefined
  if (input !== undefined) {
    const file = await HeldFile.create(input)
    stdin = descriptors.add(file.open())
    file.close()
  }
  return {
    child: [stdin ?? 'ignore', stdout.writeEnd, stderr.writeEnd],
    stdout: stdout.readEnd,
    stderr: stderr.readEnd,
  }
}
