/** The text that a file's bytes are, or undefined when they are none (not UTF-8, or with NUL in it). */
export function textOf(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(content)
  } catch {
    return undefined
  }
}
