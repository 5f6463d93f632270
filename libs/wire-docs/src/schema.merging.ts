import { type Definitions, type JsonSchema, referredType } from './json.schema.js'

/**
 * One schema of the two halves of a payload class: its TypeScript type and its validation rules.
 * @throws Error where they contradict each other.
 */
export function mergeClass(
  name: string,
  typed: JsonSchema,
  rules: JsonSchema | undefined,
  types: Definitions,
) {
  if (!rules) return typed
  const properties = Object.entries(typed.properties ?? {}).map(([property, schema]) => {
    const at = `${name}.${property}`
    const rule = rules.properties?.[property]
    if (!rule) return [property, schema]
    const mayBeAbsent = !typed.required?.includes(property)
    if (mayBeAbsent === (rules.required?.includes(property) ?? false))
      throw new Error(`${at} is optional by its ${mayBeAbsent ? 'type' : 'validation'} only`)
    return [property, mergeProperty(at, schema, rule, types)]
  })
  return { ...typed, properties: Object.fromEntries(properties) as Record<string, JsonSchema> }
}

/**
 * What both halves demand of one property.
 * @throws Error where they contradict each other.
 */
export function mergeProperty(
  at: string,
  typed: JsonSchema,
  rule: JsonSchema,
  types: Definitions,
): JsonSchema {
  const { type, $ref: _nested, items, ...demands } = rule
  const actual = resolve(typed, types)
  if (type !== undefined && actual.type !== undefined && !isWithin(type, actual.type))
    throw new Error(`${at} is of type ${actual.type}, its validation demands ${type}`)
  if (demands.enum && isSameSet(demands.enum, actual.enum)) delete demands.enum
  if (typed.$ref) {
    if (Object.keys(demands).length === 0) return typed
    const { description, ...reference } = typed
    return { ...(description !== undefined && { description }), allOf: [reference, demands] }
  }
  return {
    ...typed,
    ...(type !== undefined && { type }),
    ...demands,
    ...(typed.items && { items: items ? mergeProperty(`${at}[]`, typed.items, items, types) : typed.items }),
  }
}

function resolve(schema: JsonSchema, types: Definitions): JsonSchema {
  const name = referredType(schema)
  return name === undefined ? schema : resolve(types[name] ?? {}, types)
}

function isWithin(narrow: string, wide: string): boolean {
  return narrow === wide || (narrow === 'integer' && wide === 'number')
}

function isSameSet(some: readonly unknown[], others: readonly unknown[] | undefined): boolean {
  return others?.length === some.length && some.every((value) => others.includes(value))
}
