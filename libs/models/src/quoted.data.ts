import { createHash } from 'node:crypto'

const LABEL_LIMIT_CHARS = 80

/**
 * Fences text that somebody else wrote, so that a prompt can carry it without the text ending its own fence.
 * The fence word is derived from the content (same input, same output: replays and prompt caches stay valid) and is
 * chosen so that it does not occur in the content. What the reader may do with the data is for the caller's prompt to say.
 *
 * @param label where the text comes from; characters outside `A-Za-z0-9 _.:/@-` become `_`, cut at 80
 * @param text any text, not cut; lone surrogates become U+FFFD
 */
export function quoteAsData(label: string, text: string): string {
  const content = text.toWellFormed()
  const fence = firstWordAbsentFrom(content, fenceWords(content))
  return `<data ${fence} label="${printable(label)}">\n${content}\n</data ${fence}>`
}

/** The first of the words that does not occur in the content, nor anything that a model would read as that word. */
export function firstWordAbsentFrom(content: string, words: Iterable<string>): string {
  const readable = content.normalize('NFKC').toLowerCase()
  for (const word of words) {
    if (!readable.includes(word)) return word
  }
  throw new RangeError('Every fence word occurs in the text')
}

function* fenceWords(content: string): Generator<string> {
  for (let attempt = 0; ; attempt++) {
    yield createHash('sha256').update(`${attempt}\n${content}`).digest('hex').slice(0, 12)
  }
}

function printable(label: string): string {
  return label.replace(/[^A-Za-z0-9 _.:/@-]/g, '_').slice(0, LABEL_LIMIT_CHARS)
}
