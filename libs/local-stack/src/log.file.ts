import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const rotateAboveBytes = 16 * 1024 * 1024
const tailBytes = 16 * 1024

/**
 * Opens a log for appending, private to its owner; one that has grown above 16 MiB becomes `<file>.old` first. The caller
 * closes the descriptor.
 */
export function openLog(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > rotateAboveBytes)
    renameSync(file, `${file}.old`)
  return openSync(file, 'a', 0o600)
}

/** The last lines of a log; empty when there is none. */
export function logTail(file: string, lines = 15): string {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size, tailBytes))
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString().trimEnd().split('\n').slice(-lines).join('\n')
  } finally {
    closeSync(descriptor)
  }
}
