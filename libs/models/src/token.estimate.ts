const BYTES_PER_TOKEN = 3

/**
 * Tokens that a text will hardly exceed, without knowing the model's own way of counting: one for three bytes of UTF-8.
 * English comes to about four bytes a token, most other scripts to three or more.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}
