import { closeSync, constants, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reopen } from './descriptors.js'
import { memoryFolder, withScratchFolder } from './scratch-folder.js'

const MOST_IN_MEMORY_BYTES = 64 * 1024

/** Content that children read through a descriptor. It has no name, and is gone with its last descriptor. */
export class HeldFile {
  private constructor(private readonly descriptor: number) {}

  static create(content: Uint8Array | string): Promise<HeldFile> {
    const parent = Buffer.byteLength(content) > MOST_IN_MEMORY_BYTES ? undefined : memoryFolder()
    return withScratchFolder(async (folder) => {
      const path = join(folder, 'content')
      // Readable for all: the sandbox opens /dev/stdin anew under another uid. The folder is private, the
      // name soon gone.
      await writeFile(path, content, { mode: 0o644 })
      return new HeldFile(openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW))
    }, parent)
  }

  /** A descriptor at offset 0; the caller closes it. */
  open(): number {
    return reopen(this.descriptor)
  }

  close(): void {
    closeSync(this.descriptor)
  }
}
