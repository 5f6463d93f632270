import { openBeneath } from './open-beneath.js'

/**
 * Reads a file that a sandboxed call may have written, or may be writing: links are refused in every
 * component, only regular files are read, never more than `maxBytes`. `root` is an absolute folder, itself no
 * link.
 *
 * @returns the first `maxBytes` bytes, and whether the file has more
 * @throws ArtifactRefusedError
 */
export async function readArtifact(
  root: string,
  relativePath: string,
  maxBytes: number,
): Promise<{ bytes: Buffer; truncated: boolean }> {
  const file = await openBeneath(root, relativePath)
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    let filled = 0
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return { bytes: bytes.subarray(0, filled), truncated: size > maxBytes }
  } finally {
    await file.close()
  }
}
