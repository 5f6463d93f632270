import { posix } from 'node:path'
import type { SandboxMount } from '@guildhall/sandbox'

/** A path that a call names: as functions see it, and where it lies on this machine. */
export interface NamedFile {
  path: string
  root: string
  relative: string
}

const mostWords = 2_000

/**
 * The paths below the workspace, the task's folders and the skills that the values of a call name, as far as they stand
 * there: what a program puts together while it runs cannot be known. Whether there are such files is not looked at.
 */
export function namedFiles(
  values: unknown,
  env: Readonly<Record<string, string>>,
  folders: readonly Pick<SandboxMount, 'source' | 'target'>[],
): NamedFile[] {
  const words = textsIn(values).flatMap((text) => wordsOf(withVariables(text, env)))
  const named = new Map<string, NamedFile>()
  for (const word of new Set(words.slice(0, mostWords))) {
    const path = posix.resolve('/workspace', word)
    const folder = folders.find(({ target }) => path.startsWith(`${target}/`))
    if (folder) {
      named.set(path, { path, root: folder.source, relative: path.slice(folder.target.length + 1) })
    }
  }
  return [...named.values()]
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

function withVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:\{(\w+)\}|(\w+))/g,
    (whole, braced: string | undefined, plain: string | undefined) => env[braced ?? plain ?? ''] ?? whole,
  )
}

/** Quotes inside a word join its parts: `"$SKILL"/run.sh`. */
function wordsOf(text: string): string[] {
  return text
    .replace(/["'\\]/g, '')
    .split(/[\s`;|&<>(){}=,]+/)
    .filter((word) => word !== '' && word.length <= 1_024 && !word.includes('\0'))
}
