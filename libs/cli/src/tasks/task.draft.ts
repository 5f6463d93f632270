import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type InputFile, messageOf, type MountRequest, TaskSubmit } from '@guildhall/contracts'
import { UsageError } from '../exit.codes.js'
import { splitMount } from '../option.parsing.js'
import { namedRights, type RightsOptions } from '../rights.options.js'
import { bytes } from '../terminal/text.js'

export interface DraftOptions extends Omit<RightsOptions, 'mount'> {
  input?: string[]
  set?: Record<string, unknown>
  inputs?: Record<string, unknown>
  mount?: string[]
  timeout?: number
  attempts?: number
}

/**
 * The task that a command line describes; files are read, folders resolved from the current one.
 * @throws UsageError for what is not there, or is too large for a message
 */
export async function draftTask(goal: string, options: DraftOptions): Promise<TaskSubmit> {
  const { input = [], mount = [], set, inputs, timeout, attempts } = options
  const { mount: _, ...rightsOptions } = options
  const rights = namedRights(rightsOptions)
  const values = { ...inputs, ...set }
  const draft: TaskSubmit = {
    goal,
    ...(Object.keys(values).length > 0 && { inputs: values }),
    ...(input.length > 0 && { files: await Promise.all(input.map(readInput)) }),
    ...(mount.length > 0 && { mounts: await Promise.all(mount.map(resolveMount)) }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(attempts !== undefined && { maxAttempts: attempts }),
    ...(rights && { rights }),
  }
  const { maxBytes } = messageOf(TaskSubmit)
  const sizeBytes = Buffer.byteLength(JSON.stringify(draft))
  if (sizeBytes > maxBytes)
    throw new UsageError(
      `The task with its files takes ${bytes(sizeBytes)} in a message, more than ${bytes(maxBytes)}. ` +
        'Mount the folder of large files instead: --mount DIR.',
    )
  return draft
}

async function resolveMount(text: string): Promise<MountRequest> {
  const { dir, mode } = splitMount(text)
  // The executor compares real paths with its allowed roots; a link would be refused there.
  const source = await realpath(resolve(dir)).catch(() => undefined)
  if (source === undefined || !(await stat(source)).isDirectory())
    throw new UsageError(`--mount: "${dir}" is no folder.`)
  return { source, mode }
}

async function readInput(path: string): Promise<InputFile> {
  const name = basename(resolve(path))
  if (!/^(?!\.{1,2}$)[\w. -]{1,200}$/.test(name))
    throw new UsageError(
      `--input: rename "${name}": letters, digits, dot, space, hyphen and underscore only.`,
    )
  const content = await readFile(resolve(path)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`--input: "${path}" cannot be read (${error.code ?? error.message}).`)
  })
  return { name, contentBase64: content.toString('base64') }
}
