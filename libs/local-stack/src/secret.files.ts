import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { writePrivateFile } from './private.file.js'

/** A password in a file of its own, so that it travels by path and never by argument. */
export interface SecretFile {
  readonly file: string
  readonly value: string
}

const wellFormed = /^[0-9a-f]{64}$/

/** The secret of that name: 32 random bytes in hex, made once and kept. */
export function secretFile(dir: string, name: string): SecretFile {
  const file = join(dir, name)
  const kept = read(file)
  if (kept !== undefined && wellFormed.test(kept)) return { file, value: kept }
  const value = randomSecret()
  writePrivateFile(file, value)
  return { file, value }
}

/** Gives the secret of that name another value, in one step: who reads it sees the old one or the new one. */
export function replaceSecret(dir: string, name: string, value: string): void {
  writePrivateFile(join(dir, name), value)
}

export function randomSecret(): string {
  return randomBytes(32).toString('hex')
}

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
