import { topology } from '@guildhall/contracts'
import { type Definitions, type JsonSchema, reachableTypes } from './json.schema.js'
import { mergeClass } from './schema.merging.js'
import { readTypedSchemas } from './typed.schemas.js'
import { readValidationRules } from './validation.rules.js'

/** The types of the fields of an entry. */
const entryTypes = ['GatewayFields', 'EventHeader', 'Stamp', 'DeadLetterError'] as const

/**
 * The schema of every payload and of every entry field, and of what they are made of, by type name.
 * @throws Error when a payload class has no description, or contradicts itself; when a client could name a property that
 * no rule knows.
 */
export function readWireSchemas(root: string): Definitions {
  const payloads = topology.messages.map(({ payload }) => payload.name)
  const types = readTypedSchemas(root, [...entryTypes, ...payloads])
  const rules = readValidationRules()
  const saidByClients = topology.messages.filter(({ from }) => from.includes('client'))
  const checked = reachableTypes(
    saidByClients.map(({ payload }) => payload.name),
    types,
  )
  const merged = Object.entries(types).map(([name, typed]) => {
    const schema = mergeClass(name, typed, rules[name], types)
    return [
      name,
      checked.has(name) && isClass(name, rules, payloads) ? closed(name, schema, rules[name]) : schema,
    ]
  })
  const schemas = Object.fromEntries(merged) as Definitions
  schemas['GatewayFields'] = gatewayFields(schemas['GatewayFields'] ?? {})
  return schemas
}

function isClass(name: string, rules: Definitions, payloads: readonly string[]): boolean {
  return rules[name] !== undefined || payloads.includes(name)
}

// The router takes no property from a client that has no rule.
function closed(name: string, schema: JsonSchema, rules: JsonSchema | undefined): JsonSchema {
  const unruled = Object.keys(schema.properties ?? {}).filter((property) => !rules?.properties?.[property])
  if (unruled.length > 0)
    throw new Error(
      `${name} is said by clients, and the router refuses its ${unruled.join(', ')}: no decorator`,
    )
  return { ...schema, additionalProperties: false }
}

// The client library always gives an id. The router makes one for an entry without.
function gatewayFields(schema: JsonSchema): JsonSchema {
  return { ...schema, required: schema.required?.filter((field) => field !== 'id') ?? [] }
}
