import { isUtf8 } from 'node:buffer'
import { extname } from 'node:path/posix'

const SIGNATURES: readonly [mediaType: string, ...bytes: number[]][] = [
  ['image/png', 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ['image/jpeg', 0xff, 0xd8, 0xff],
  ['image/gif', 0x47, 0x49, 0x46, 0x38],
  ['application/pdf', 0x25, 0x50, 0x44, 0x46, 0x2d],
  ['application/gzip', 0x1f, 0x8b],
  ['application/zip', 0x50, 0x4b, 0x03, 0x04],
  ['application/x-executable', 0x7f, 0x45, 0x4c, 0x46],
]

const TEXTS: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.svg': 'image/svg+xml',
  '.xml': 'application/xml',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
}

/** What a file is by its content; its name only tells texts apart. A hint for people, not a judgement of safety. */
export function mediaTypeOf(name: string, bytes: Uint8Array): string {
  const found = SIGNATURES.find(([, ...signature]) => signature.every((byte, index) => bytes[index] === byte))
  if (found !== undefined) return found[0]
  if (!isUtf8(bytes) || bytes.includes(0)) return 'application/octet-stream'
  return TEXTS[extname(name).toLowerCase()] ?? 'text/plain'
}
