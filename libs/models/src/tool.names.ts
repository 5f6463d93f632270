import { createHash } from 'node:crypto'

const WIRE_NAME_LIMIT_CHARS = 64
const WIRE_NAME = /^[A-Za-z0-9_-]{1,64}$/

/** The two directions between function names and the names that the API allows (`[A-Za-z0-9_-]`, at most 64). */
export interface ToolNames {
  /** Also gives an allowed name for a function that is not among the tools, which a model may have invented. */
  toWire: (name: string) => string
  /** Understands the wire name and, because prompts mention it, the function's own name; undefined when unknown. */
  fromWire(wireName: string): string | undefined
}

/**
 * Depends on the set of names only, not on their order, so that a replay maps as the first run did. A name that is
 * allowed stays; `fs.read` becomes `fs_read`; where that is taken or too long, a hash of the name is appended.
 *
 * @throws TypeError when a name is empty or occurs twice
 */
export function mapToolNames(names: readonly string[]): ToolNames {
  const wireNames = new Map<string, string>()
  const ownNames = new Map<string, string>()
  const claim = (name: string, wireName: string): void => {
    wireNames.set(name, wireName)
    ownNames.set(wireName, name)
  }
  const sorted = [...names].sort()
  for (const [position, name] of sorted.entries()) {
    if (name === '') throw new TypeError('A tool needs a name')
    if (name === sorted[position + 1]) throw new TypeError(`Two tools are named ${JSON.stringify(name)}`)
    if (WIRE_NAME.test(name)) claim(name, name)
  }
  for (const name of sorted) {
    if (!wireNames.has(name)) claim(name, freeWireName(name, ownNames))
  }
  return {
    toWire: (name) => wireNames.get(name) ?? allowed(name).slice(0, WIRE_NAME_LIMIT_CHARS),
    fromWire: (wireName) => ownNames.get(wireName) ?? (wireNames.has(wireName) ? wireName : undefined),
  }
}

function freeWireName(name: string, taken: ReadonlyMap<string, string>): string {
  const plain = allowed(name)
  if (plain.length <= WIRE_NAME_LIMIT_CHARS && !taken.has(plain)) return plain
  for (let attempt = 0; ; attempt++) {
    const hash = createHash('sha256').update(`${attempt}\n${name}`).digest('hex').slice(0, 10)
    const candidate = `${plain.slice(0, WIRE_NAME_LIMIT_CHARS - hash.length - 1)}_${hash}`
    if (!taken.has(candidate)) return candidate
  }
}

function allowed(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_') || '_'
}
