import Table from 'cli-table3'
import type { Paint } from './paint.js'
import { printable } from './text.js'

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Columns under a head, without lines. Cells may be coloured already; their text must be printable. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string {
  const table = new Table({
    head: head.map((name) => paint('dim', name)),
    chars: noLines,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** `name   value` lines, the names in one column; absent values are left out. */
export function renderPairs(pairs: readonly (readonly [string, string | undefined])[], paint: Paint): string {
  const shown = pairs.filter((pair): pair is [string, string] => pair[1] !== undefined)
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown
    .map(([name, value]) => {
      const [first = '', ...rest] = value.split('\n')
      const margin = ' '.repeat(width + 2)
      return [`${paint('dim', name.padEnd(width))}  ${first}`, ...rest.map((line) => margin + line)].join(
        '\n',
      )
    })
    .join('\n')
}

/** A text that came from elsewhere, below its title, indented. */
export function renderBlock(text: string, indent = '  '): string {
  return printable(text)
    .trimEnd()
    .split('\n')
    .map((line) => (indent + line).trimEnd())
    .join('\n')
}
