import { InvalidArgumentError } from 'commander'

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `90s`, `5m`, `2h`, `1d`; a bare number is seconds. In milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  const ms = Number(amount) * (unitMs[unit] ?? Number.NaN)
  if (amount === undefined || !(ms >= 1)) throw new InvalidArgumentError('Use 500ms, 90s, 5m, 2h or 1d.')
  return Math.round(ms)
}

/** A whole number from `min` to `max`. */
export function parseCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (!/^\d+$/.test(text) || count < min || count > max)
      throw new InvalidArgumentError(`Use a whole number from ${min} to ${max}.`)
    return count
  }
}

/** Collects what an option that may be given several times was given. */
export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value]
}

/** Collects names separated by commas, over all times that the option was given. */
export function collectNames(value: string, earlier: string[] = []): string[] {
  return [
    ...earlier,
    ...value
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  ]
}

/** Adds `name=value`; a value that is JSON (`3`, `true`, `["a"]`) is taken as such, anything else as text. */
export function collectSetting(text: string, earlier: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Use name=value.')
  return { ...earlier, [text.slice(0, at)]: jsonOrText(text.slice(at + 1)) }
}

/** Adds `NAME=text`. */
export function collectText(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Use NAME=text.')
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) }
}

export function parseJsonObject(text: string): Record<string, unknown> {
  const value = jsonOrText(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidArgumentError('Use a JSON object, like \'{"depth": 2}\'.')
  return value as Record<string, unknown>
}

/** The JSON value that a text is, else the text itself. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** `DIR`, `DIR:ro` or `DIR:rw`, not yet resolved. */
export function splitMount(text: string): { dir: string; mode: 'ro' | 'rw' } {
  const [, dir = text, mode = 'ro'] = /^(.+?)(?::(ro|rw))?$/s.exec(text) ?? []
  return { dir, mode: mode === 'rw' ? 'rw' : 'ro' }
}
