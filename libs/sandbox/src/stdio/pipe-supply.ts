import { closeSync, constants, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { runHostProgram } from '../host-program.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { reopen, type Descriptors } from './descriptors.js'
import { memoryFolder, withScratchFolder } from './scratch-folder.js'

const BATCH = 64
/** So many left, and more are made before anybody waits for them. */
const LOW = 16

/** The host's end never blocks, the child's does. */
interface Pipe {
  readEnd: number
  writeEnd: number
}

/**
 * Real pipes. What Node calls a pipe is a socket pair, on which `echo x > /dev/stderr` fails in the child.
 * `mkfifo` makes a batch of nameless ones at a time, so that most calls do not wait for it.
 */
export class PipeSupply {
  readonly #idle: number[] = []
  #refill: Promise<void> | undefined

  /** For what a child writes. */
  open(descriptors: Descriptors): Promise<Pipe> {
    return this.#take(descriptors, constants.O_NONBLOCK, 0)
  }

  /** For what a child reads. */
  openInput(descriptors: Descriptors): Promise<Pipe> {
    return this.#take(descriptors, 0, constants.O_NONBLOCK)
  }

  async #take(descriptors: Descriptors, readFlag: number, writeFlag: number): Promise<Pipe> {
    for (;;) {
      const held = this.#idle.pop()
      if (this.#idle.length < LOW) this.#fill()
      if (held !== undefined) {
        descriptors.add(held)
        const readEnd = descriptors.add(reopen(held, constants.O_RDONLY | readFlag))
        const writeEnd = descriptors.add(reopen(held, constants.O_WRONLY | writeFlag))
        descriptors.closeOne(held)
        return { readEnd, writeEnd }
      }
      await this.#refill
    }
  }

  #fill(): void {
    this.#refill ??= this.#makeBatch().finally(() => (this.#refill = undefined))
    // Whoever has to wait for it hears why it failed.
    this.#refill.catch(() => undefined)
  }

  #makeBatch(): Promise<void> {
    return withScratchFolder(async (folder) => {
      const names = Array.from({ length: BATCH }, (_, index) => join(folder, String(index)))
      // Mode 666: the sandbox opens /dev/stderr anew under another uid. Only holders of a descriptor can
      // reach it.
      const failure = await runHostProgram('mkfifo', ['-m', '666', ...names])
      if (failure !== undefined)
        throw new SandboxUnavailableError(
          `mkfifo failed (${failure}): the temporary folder must be writable and mkfifo installed`,
        )
      const opened: number[] = []
      try {
        // Open for both directions: no open() above ever waits for the other end.
        for (const name of names) {
          opened.push(openSync(name, constants.O_RDWR | constants.O_NONBLOCK))
          unlinkSync(name)
        }
      } catch (error) {
        for (const held of opened) closeSync(held)
        throw error
      }
      this.#idle.push(...opened)
    }, memoryFolder())
  }
}
