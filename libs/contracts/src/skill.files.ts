/**
 * What a skill's SKILL.md, guildhall.yaml and files together may have as JSON. Clients say and hear a skill in one message,
 * which has at most 256 KiB: what is larger lies apart from its message, and a client cannot put anything there. Bytes
 * that are no text take four thirds of their size.
 */
export const skillLimitBytes = 240 * 1024

/** A file of a skill's folder: plain text, or what plain text cannot say (other bytes, an executable bit). */
export type SkillFile = string | EncodedSkillFile

export interface EncodedSkillFile {
  content: string
  /** `base64` is for bytes that are not UTF-8, or have NUL in them. */
  encoding: 'utf8' | 'base64'
  executable: boolean
}

/** A file as a message carries it; the same bytes always give the same value. */
export function encodeSkillFile(bytes: Uint8Array, executable: boolean): SkillFile {
  const text = textOf(bytes)
  if (text !== undefined) return executable ? { content: text, encoding: 'utf8', executable } : text
  return { content: Buffer.from(bytes).toString('base64'), encoding: 'base64', executable }
}

/** The bytes that a file had before it was put into a message. */
export function decodeSkillFile(file: SkillFile): { bytes: Buffer; executable: boolean; isText: boolean } {
  if (typeof file === 'string') return { bytes: Buffer.from(file), executable: false, isText: true }
  const { content, encoding, executable } = file
  return { bytes: Buffer.from(content, encoding), executable, isText: encoding === 'utf8' }
}

/** The text that bytes are, byte order mark included, or undefined when they are none (not UTF-8, or with NUL). */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
