import { createHash } from 'node:crypto'
import type { ApprovalFile } from '@guildhall/contracts'
import { ArtifactRefusedError, readArtifact } from '@guildhall/sandbox'
import type { NamedFile } from './named.files.js'

/** Larger files are data rather than programs; a person is not shown their hash. */
const largestBytes = 32 * 1024 * 1024

/** What the named files hold now. Left out is what is no regular file, or leads through a link. */
export async function hashFiles(named: readonly NamedFile[]): Promise<ApprovalFile[]> {
  const files: ApprovalFile[] = []
  for (const { path, root, relative } of named) {
    const found = await readArtifact(root, relative, largestBytes).catch((error: unknown) => {
      if (error instanceof ArtifactRefusedError) return undefined
      throw error
    })
    if (!found || found.truncated) continue
    files.push({ path, sha256: createHash('sha256').update(found.bytes).digest('hex') })
  }
  return files
}
