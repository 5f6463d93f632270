/** What is used here of JSON Schema draft 7, the dialect of AsyncAPI 3. */
export interface JsonSchema {
  $ref?: string
  description?: string
  type?: string
  format?: string
  pattern?: string
  const?: unknown
  enum?: unknown[]
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: JsonSchema
  minItems?: number
  maxItems?: number
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  contentEncoding?: string
  not?: JsonSchema
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
}

/** Schemas by the name of their type; they refer to each other by `#/definitions/<name>`. */
export type Definitions = Record<string, JsonSchema>

const pointer = '#/definitions/'

/** The type that a schema refers to, or undefined when it is no reference. */
export function referredType(schema: JsonSchema): string | undefined {
  return schema.$ref?.startsWith(pointer) ? schema.$ref.slice(pointer.length) : undefined
}

/** The schemas directly inside a schema. */
export function innerSchemas(schema: JsonSchema): JsonSchema[] {
  const { items, not, additionalProperties: rest } = schema
  return [
    ...Object.values(schema.properties ?? {}),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(items ? [items] : []),
    ...(not ? [not] : []),
    ...(typeof rest === 'object' ? [rest] : []),
  ]
}

/** The names of the types and of all that they refer to. */
export function reachableTypes(names: readonly string[], definitions: Definitions): Set<string> {
  const found = new Set<string>()
  const visit = (schema: JsonSchema): void => {
    const name = referredType(schema)
    if (name !== undefined) visitType(name)
    innerSchemas(schema).forEach(visit)
  }
  const visitType = (name: string): void => {
    if (found.has(name)) return
    found.add(name)
    visit(definitions[name] ?? {})
  }
  names.forEach(visitType)
  return found
}
