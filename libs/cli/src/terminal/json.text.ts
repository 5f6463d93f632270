import { escaped } from './text.js'

/**
 * A JSON value as people read it, with nothing left out: `name: value` lines, texts of several lines as they are, behind a
 * bar. What would steer the terminal or hide is shown by its code; texts are in quotes, so that `"1"`, `1` and `true` differ.
 */
export function renderJson(value: unknown, indent = ''): string {
  return linesOf(value)
    .map((line) => indent + line)
    .join('\n')
}

function linesOf(value: unknown): string[] {
  if (typeof value === 'string' && value.includes('\n')) return ['', ...value.split('\n').map(barred)]
  if (typeof value !== 'object' || value === null) return [escaped(JSON.stringify(value))]
  const isList = Array.isArray(value)
  const entries: [string, unknown][] = Object.entries(value)
  if (entries.length === 0) return [isList ? '[]' : '{}']
  return entries.flatMap(([name, item]) => {
    const head = isList ? '-' : `${keyText(name)}:`
    const [first = '', ...rest] = linesOf(item)
    const isNested = typeof item === 'object' && item !== null && Object.keys(item).length > 0
    return isNested
      ? [head, ...[first, ...rest].map((line) => `  ${line}`)]
      : [`${head} ${first}`.trimEnd(), ...rest.map((line) => `  ${line}`)]
  })
}

function barred(line: string): string {
  return `│ ${escaped(line)}`
}

function keyText(key: string): string {
  return /^[\w.-]+$/.test(key) ? key : escaped(JSON.stringify(key))
}
