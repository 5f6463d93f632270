const ellipsis = '…'

/** One line of at most `width` characters; what is cut off is marked. */
export function shorten(text: string, width: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length <= width ? line : characters.slice(0, width - 1).join('') + ellipsis
}

/** The text without control characters: what an agent or a file says must not steer the terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]/g, '').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
}

/**
 * The text with everything that steers a terminal or hides (control characters, marks that turn the direction of writing,
 * characters without width) shown by its code: for what a person decides about, where nothing may be left out.
 */
export function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]/gu,
    (character) =>
      codes[character] ??
      [...Array(character.length).keys()]
        .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
        .join(''),
  )
}

const codes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Breaks words at `width`; line breaks of the text stay. */
export function wrap(text: string, width: number): string[] {
  return printable(text)
    .split('\n')
    .flatMap((line) => wrapLine(line, width))
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}

/** `a, b, c`, or a dash for none. */
export function listed(items: readonly string[]): string {
  return items.length === 0 ? '–' : items.map(printable).join(', ')
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1)
  const value = count / 1024 ** step
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`
}

/** `850 ms`, `3.2 s`, `4 min 5 s`, `2 h 3 min`, `5 d 1 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`
}

/** `2026-01-02 03:04:05` in UTC, or the text itself when it is no time. */
export function when(time: string): string {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? printable(time) : at.toISOString().slice(0, 19).replace('T', ' ')
}

/** `0.93`. */
export function score(value: number): string {
  return value.toFixed(2)
}

/** `0.93 (needs 0.50)`, with as many digits as it takes to see a value below its threshold below it. */
export function scoreAgainst(value: number, threshold: number): string {
  const needs = score(threshold)
  for (let digits = 2; digits < 8; digits++) {
    const shown = value.toFixed(digits)
    if (value >= threshold || Number(shown) < threshold) return `${shown} (needs ${needs})`
  }
  return `just below ${needs}`
}
