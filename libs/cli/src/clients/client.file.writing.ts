import { open, readFile, unlink } from 'node:fs/promises'
import { FailedError } from '../exit.codes.js'

/** What a client file says that is not the same for all clients of an installation. */
export interface OwnCredentials {
  id: string
  token: string
  replyStream: string
}

/**
 * Writes a client file like one that works, for another client of the same installation; only its owner can read it.
 * Where nothing comes of the credentials, no file is left.
 * @param from the client file whose account on the streams it takes over.
 * @param credentials asked for when it is certain that the file can be written.
 * @throws FailedError `file-exists`: a file that is there may be somebody's only way in.
 */
export async function writeNewClientFile<T>(
  from: string,
  to: string,
  credentials: () => Promise<{ own: OwnCredentials; result: T }>,
): Promise<T> {
  const shared = JSON.parse(await readFile(from, 'utf8')) as Record<string, unknown>
  const file = await open(to, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new FailedError('file-exists', `${to} exists: name a new file.`) : error
  })
  try {
    const { own, result } = await credentials()
    await file.writeFile(`${JSON.stringify({ ...shared, ...own }, undefined, 2)}\n`)
    return result
  } catch (error) {
    await unlink(to)
    throw error
  } finally {
    await file.close()
  }
}
