// Far below the depth at which the recursion of what reads a payload, here and in the services, ends its stack.
const maxLevels = 100

/**
 * What in a payload could hurt those who read it, in words; undefined when nothing does: nesting that ends a stack, keys
 * that change what objects inherit, and half surrogate pairs, which no UTF-8 can say.
 */
export function harmIn(value: unknown, levels = maxLevels): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : surrogates
  if (typeof value !== 'object' || value === null) return undefined
  if (levels === 0) return `the payload is nested deeper than ${maxLevels} levels`
  if (Array.isArray(value)) return firstHarm(value, levels)
  if (Object.hasOwn(value, '__proto__')) return 'the payload must not have a property __proto__'
  if (Object.hasOwn(value, 'constructor') && hasPrototype((value as { constructor: unknown }).constructor)) {
    return 'the payload must not have a property constructor.prototype'
  }
  return firstHarm(Object.keys(value), levels) ?? firstHarm(Object.values(value), levels)
}

const surrogates = 'the payload has half a surrogate pair, which is no character'

function firstHarm(values: readonly unknown[], levels: number): string | undefined {
  for (const value of values) {
    const harm = harmIn(value, levels - 1)
    if (harm) return harm
  }
  return undefined
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
