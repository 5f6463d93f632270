const LONGEST_ANSWER_CHARS = 512 * 1024

/**
 * Finds the one JSON value in what a model wrote: the whole text, the inside of a code fence, or what stands between
 * the first opening and the last closing brace.
 *
 * @throws SyntaxError with a message for the model
 */
export function parseStructured(text: string): unknown {
  if (text.length > LONGEST_ANSWER_CHARS) throw new SyntaxError('the answer is too long')
  const fenced = /```(?:json)?\s*\n([^]*?)\n?\s*```/.exec(text)?.[1]
  const braced = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  for (const candidate of [text, fenced, braced]) {
    if (candidate === undefined || candidate.trim() === '') continue
    try {
      return JSON.parse(candidate)
    } catch {
      // The next way of reading it may work.
    }
  }
  throw new SyntaxError('the answer is not valid JSON')
}
