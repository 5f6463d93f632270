import { execa } from 'execa'
import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { reopen, type Descriptors } from './descriptors.js'
import { withScratchFolder } from './scratch-folder.js'

const BATCH = 24

/** A pipe from a child. Reading never blocks, writing does. */
export interface OutputPipe {
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

  async open(descriptors: Descriptors): Promise<OutputPipe> {
    for (;;) {
      const held = this.#idle.pop()
      if (held !== undefined) {
        descriptors.add(held)
        const readEnd = descriptors.add(reopen(held, constants.O_RDONLY | constants.O_NONBLOCK))
        const writeEnd = descriptors.add(reopen(held, constants.O_WRONLY))
        descriptors.closeOne(held)
        return { readEnd, writeEnd }
      }
      this.#refill ??= this.#makeBatch().finally(() => (this.#refill = undefined))
      await this.#refill
    }
  }

  #makeBatch(): Promise<void> {
    return withScratchFolder(async (folder) => {
      const names = Array.from({ length: BATCH }, (_, index) => join(folder, String(index)))
      // Mode 666: the sandbox opens /dev/stderr anew under another uid. Only holders of a descriptor can
      // reach it.
      const { failed, exitCode } = await execa('mkfifo', ['-m', '666', ...names], {
        extendEnv: false,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
        reject: false,
        stdio: 'ignore',
      })
      if (failed)
        throw new SandboxUnavailableError(
          `mkfifo failed (${exitCode ?? 'not found'}): the temporary folder must be writable and mkfifo installed`,
        )
      const opened: number[] = []
      try {
        // Open for both directions: no open() above ever waits for the other end.
        for (const name of names) opened.push(openSync(name, constants.O_RDWR | constants.O_NONBLOCK))
      } catch (error) {
        for (const held of opened) closeSync(held)
        throw error
      }
      this.#idle.push(...opened)
    })
  }
}
