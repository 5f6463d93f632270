import { parseDocument } from 'yaml'
import { invalidSkill } from './skill.errors.js'

/** MariaDB's JSON columns refuse more than 32 levels; the values are stored inside of others. */
const deepest = 20

/**
 * The mapping that a YAML text holds; empty for an empty text. Only what JSON can say: string keys, no tags, no
 * aliases, no NaN, nesting of at most 20.
 * @throws RequestError `invalid-skill`
 */
export function parseMapping(file: string, text: string): Record<string, unknown> {
  const value = parse(file, text) ?? {}
  if (!isMapping(value)) throw invalidSkill(file, 'must hold fields, such as `name: value`')
  refuseWhatJsonCannotSay(file, value)
  return value
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Refuses fields that nobody reads: most are misspelt. */
export function refuseUnknownFields(
  file: string,
  mapping: Record<string, unknown>,
  known: readonly string[],
): void {
  const unknown = Object.keys(mapping).find((field) => !known.includes(field))
  if (unknown === undefined) return
  throw invalidSkill(file, `unknown field ${quoted(unknown)}: the fields are ${known.join(', ')}`)
}

/** For messages: escaped and cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

function parse(file: string, text: string): unknown {
  try {
    const document = parseDocument(text, { version: '1.2', schema: 'core', stringKeys: true })
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem) throw problem
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    // A ReferenceError is an alias, a RangeError nesting that exhausted the parser's stack.
    if (error instanceof ReferenceError) throw invalidSkill(file, 'YAML aliases (*name) are not allowed')
    if (error instanceof RangeError) throw tooDeep(file)
    const [line] = (error as Error).message.split('\n')
    throw invalidSkill(file, `is not readable as YAML: ${line ?? ''}`)
  }
}

function refuseWhatJsonCannotSay(file: string, value: unknown, depth = 0): void {
  if (depth > deepest) throw tooDeep(file)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalidSkill(file, 'numbers must be finite')
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw invalidSkill(file, 'text must be valid Unicode')
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    refuseWhatJsonCannotSay(file, key, depth)
    refuseWhatJsonCannotSay(file, item, depth + 1)
  }
}

function tooDeep(file: string) {
  return invalidSkill(file, `values must not be nested deeper than ${deepest}`)
}
