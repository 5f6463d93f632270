import { readFile } from 'node:fs/promises'
import {
  encodeSkillFile,
  type FunctionRegister,
  type FunctionTier,
  type SkillFile,
} from '@guildhall/contracts'
import { FailedError, UsageError } from '../exit.codes.js'
import { findFiles, FolderError, type LeftOut } from '../folder.files.js'

export interface RegisterOptions {
  mcp?: string
  url?: string
  folder?: string
  tier?: FunctionTier
  repeatable?: true
  network?: true
  secret?: Record<string, string>
}

const ofServers = ['url', 'folder', 'tier', 'repeatable', 'network', 'secret'] as const

/** What is to be registered, with the files of its folder. @throws UsageError, FailedError */
export async function readRegistration(
  options: RegisterOptions,
  words: readonly string[],
): Promise<{ request: FunctionRegister; leftOut: LeftOut[] }> {
  const { mcp: server, url, folder, tier, repeatable, network, secret: secrets } = options
  if (server === undefined) {
    const [only] = words
    if (only === undefined || words.length > 1)
      throw new UsageError('Name one folder, or a server with --mcp.')
    if (ofServers.some((name) => options[name] !== undefined))
      throw new UsageError('The manifest of a function says all that: these options are for --mcp.')
    const { files, leftOut } = await readFiles(only)
    return { request: { files }, leftOut }
  }
  if ((url === undefined) === (words.length === 0))
    throw new UsageError('A server has either --url, or a program behind --.')
  const { files, leftOut } =
    folder === undefined ? { files: undefined, leftOut: [] } : await readFiles(folder)
  const mcp = {
    server,
    ...(url === undefined ? { command: [...words] } : { url }),
    ...(tier && { tier }),
    ...(repeatable && { repeatable }),
    ...(network && { network }),
    ...(secrets && { secrets }),
  }
  return { request: { mcp, ...(files && { files }) }, leftOut }
}

async function readFiles(folder: string): Promise<{ files: Record<string, SkillFile>; leftOut: LeftOut[] }> {
  try {
    const { found, leftOut } = await findFiles(folder)
    const files: [string, SkillFile][] = []
    for (const { path, source, isExecutable } of found) {
      files.push([path, encodeSkillFile(await readFile(source), isExecutable)])
    }
    return { files: Object.fromEntries(files), leftOut }
  } catch (error) {
    if (error instanceof FolderError) throw new FailedError(error.code, `${folder}: ${error.message}`)
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no folder ${folder}.`)
    throw error
  }
}
