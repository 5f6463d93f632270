const quietForMs = 800

/**
 * Runs one step of the preparation and shows it as one line on stderr with the time it took.
 * A step that is over within 0.8 s had nothing to do and leaves no line, unless it fails.
 *
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const startedAt = Date.now()
  const announcement = setTimeout(() => process.stderr.write(`  ${title} … `), quietForMs)
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`
  const announced = () => Date.now() - startedAt >= quietForMs
  try {
    const result = await work()
    clearTimeout(announcement)
    if (announced()) process.stderr.write(`${seconds()}\n`)
    return result
  } catch (error) {
    clearTimeout(announcement)
    process.stderr.write(`${announced() ? '' : `  ${title} … `}failed after ${seconds()}\n`)
    throw error
  }
}

/** A failure that the person at the terminal can act on: shown as its message alone, without a stack. */
export class PreparationError extends Error {}

/**
 * The last lines of a program's output, indented, for a message about its failure.
 *
 * @param {string} output
 * @param {number} [lines]
 */
export function tail(output, lines = 25) {
  return output
    .trimEnd()
    .split('\n')
    .slice(-lines)
    .map((line) => `    ${line}`)
    .join('\n')
}
