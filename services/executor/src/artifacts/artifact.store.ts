import { createHash, randomUUID } from 'node:crypto'
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArtifactRef } from '@guildhall/contracts'
import { ArtifactRefusedError, listFiles, mediaTypeOf, readArtifact } from '@guildhall/sandbox'

export const maxArtifactBytes = 64 * 1024 * 1024
export const maxArtifacts = 200
const maxNameBytes = 200

export interface CollectedArtifacts {
  artifacts: ArtifactRef[]
  /** What could not be kept, in sentences; empty when all is there. */
  refused: string[]
}

/** Keeps what runs leave below `artifacts/`, private to this user: files 0600, folders 0700. */
export class ArtifactStore {
  constructor(private readonly dir: string) {}

  /**
   * Copies the regular files below `<workspace>/artifacts`; links are left out. Idempotent; a later attempt of the task
   * replaces files of the same name.
   * @param reserved beginning of names that files may not have
   */
  async collect(workspace: string, taskId: string, reserved: string): Promise<CollectedArtifacts> {
    const root = join(workspace, 'artifacts')
    const folder = await lstat(root).catch(() => undefined)
    if (!folder?.isDirectory()) return { artifacts: [], refused: [] }
    const files = await listFiles(root, { maxEntries: maxArtifacts + 1, maxDepth: 20 })
    const collected: CollectedArtifacts = { artifacts: [], refused: [] }
    if (files.length > maxArtifacts) {
      collected.refused.push(`there are more than ${maxArtifacts} files: pack them into one`)
    }
    for (const { path } of files.slice(0, maxArtifacts)) {
      const kept = path.startsWith(reserved) ? 'its name is taken' : await this.keep(root, path, taskId)
      if (typeof kept === 'string') collected.refused.push(`${JSON.stringify(path.slice(0, 200))}: ${kept}`)
      else collected.artifacts.push(kept)
    }
    return collected
  }

  /** Keeps a text under a name that no file of the workspace can have. Idempotent. */
  async keepText(taskId: string, name: string, text: string): Promise<ArtifactRef> {
    const path = join(this.dir, taskId, name)
    const bytes = Buffer.from(text, 'utf8')
    await write(path, bytes)
    return refOf(name, path, bytes)
  }

  private async keep(root: string, name: string, taskId: string): Promise<ArtifactRef | string> {
    if (Buffer.byteLength(name) > maxNameBytes) return `its path is longer than ${maxNameBytes} bytes`
    const path = join(this.dir, taskId, name)
    try {
      const { bytes, truncated } = await readArtifact(root, name, maxArtifactBytes)
      if (truncated) return `it is larger than ${maxArtifactBytes / 1024 / 1024} MiB`
      await write(path, bytes)
      return refOf(name, path, bytes)
    } catch (error) {
      if (error instanceof ArtifactRefusedError) return error.message
      // An earlier attempt left a folder where this one has a file, or the other way round.
      if (['ENOTDIR', 'EISDIR', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        return 'an artifact of an earlier attempt is in its place'
      }
      throw error
    }
  }
}

function refOf(name: string, path: string, bytes: Uint8Array): ArtifactRef {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { name, path, sizeBytes: bytes.length, sha256, mediaType: mediaTypeOf(name, bytes) }
}

/** Whole or not at all, also when the process dies here. */
async function write(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = join(dirname(path), `.${randomUUID()}`)
  try {
    await writeFile(temporary, bytes, { mode: 0o600 })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
