import { readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * Replaces a file in one step, readable by its owner only: a reader sees the old text or the new one, and a crash leaves
 * no half of either.
 */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${process.pid}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, file)
}

/** The parsed file; undefined when it is missing or no JSON. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
