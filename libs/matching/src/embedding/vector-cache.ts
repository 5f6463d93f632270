import { createHash } from 'node:crypto'
import type { Embedder } from '../matcher.js'
import { meanDirection } from './vector-table.js'

/** Vectors remembered per embedder: 40 MB at 512 dimensions. */
const REMEMBERED = 20_000

const rememberedBy = new WeakMap<Embedder, Map<string, Float32Array>>()

/**
 * The direction in the middle of some texts. Remembered by the content of all of them together, for whoever uses the same embedder:
 * a registry that is read anew costs nothing, and a text gives the same digits whatever was asked before.
 */
export const directionOf = async (
  embedder: Embedder,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<Float32Array> => {
  const remembered = rememberedBy.get(embedder) ?? new Map<string, Float32Array>()
  rememberedBy.set(embedder, remembered)
  const key = createHash('sha256')
    .update(JSON.stringify([embedder.id, texts]))
    .digest('base64')
  const known = remembered.get(key)
  const direction = known ?? meanDirection(await embedder.embed(texts, signal))
  remembered.delete(key)
  remembered.set(key, direction)
  const [oldest] = remembered.keys()
  if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  return direction
}
