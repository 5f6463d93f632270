import type { Embedder } from './matcher.js'

const DIMENSIONS = 64

/** A model for tests: each word has a direction of its own, the words of a group have one together. */
export const wordsEmbedder = (groups: readonly (readonly string[])[] = []): Embedder & { read: string[] } => {
  const read: string[] = []
  const directionOf = (word: string): number => {
    const group = groups.findIndex((words) => words.includes(word))
    if (group >= 0) return group
    let hash = 7
    for (const letter of word) hash = (hash * 31 + letter.charCodeAt(0)) % 100_003
    return groups.length + (hash % (DIMENSIONS - groups.length))
  }
  const embed = (text: string): Float32Array => {
    const vector = new Float32Array(DIMENSIONS)
    for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) vector[directionOf(word)]! += 1
    const length = Math.hypot(...vector)
    return length === 0 ? vector : vector.map((number) => number / length)
  }
  return {
    id: 'words',
    read,
    embed: (texts) => {
      read.push(...texts)
      return Promise.resolve(texts.map(embed))
    },
  }
}
