import { fileURLToPath } from 'node:url'
import { topology } from '@guildhall/contracts'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Definitions, type JsonSchema, referredType } from './json.schema.js'
import { readWireSchemas } from './wire.schemas.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const requests = topology.messages.filter(({ from }) => from.includes('client'))
let schemas: Definitions
let ajv: Ajv
beforeAll(() => {
  schemas = readWireSchemas(root)
  ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'wire', definitions: schemas })
})

// As the router does it.
function isTaken(payload: new () => object, value: object): boolean {
  const checks = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false }
  return validateSync(plainToInstance(payload, value), checks).length === 0
}
function isDescribed(name: string, value: object): boolean {
  const check = ajv.getSchema(`wire#/definitions/${name}`)
  if (!check) throw new Error(`there is no schema of ${name}`)
  return check(value) === true
}

const texts = [
  'bash',
  'custom.a',
  'text',
  '0'.repeat(32),
  '0'.repeat(64),
  '/folder',
  'YQ==',
  '01900000-0000-7000-8000-000000000001',
]
const strange = [
  true,
  0,
  -1,
  1.5,
  '',
  'x',
  [],
  ['x'],
  [{}],
  {},
  { unknown: 1 },
  'x'.repeat(30_000),
  '\0',
  '..',
]

function resolved(schema: JsonSchema): JsonSchema {
  const name = referredType(schema)
  return name === undefined ? schema : resolved(schemas[name] ?? {})
}

/** A value that a schema describes, as far as a few texts can meet its pattern. */
function sampleOf(schema: JsonSchema): unknown {
  const name = referredType(schema)
  if (name !== undefined) return sampleOf(schemas[name] ?? {})
  if (schema.allOf) return sampleOf(Object.assign({}, ...schema.allOf.map(resolved)) as JsonSchema)
  if (schema.enum) return schema.enum[0]
  if (schema.properties) {
    const values = Object.entries(schema.properties).map(([property, inner]) => [property, sampleOf(inner)])
    return Object.fromEntries(values)
  }
  if (schema.type === 'object') return {}
  if (schema.type === 'array') return [sampleOf(schema.items ?? {})]
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1
  return texts.find((text) => ajv.validate(schema, text)) ?? 'text'
}

/** The sample, and what is left and right of each limit of each property. */
function* casesOf(schema: JsonSchema): Generator<Record<string, unknown>> {
  const sample = sampleOf(schema) as Record<string, unknown>
  yield sample
  yield { ...sample, unknown: 1 }
  for (const [property, inner] of Object.entries(schema.properties ?? {})) {
    const { [property]: _left, ...others } = sample
    yield others
    for (const value of [...strangeFor(inner), ...bordersOf(inner)]) yield { ...sample, [property]: value }
    const items = inner.items && schemas[referredType(inner.items) ?? '']
    if (items) for (const item of casesOf(items)) yield { ...sample, [property]: [item] }
  }
}

// What stands under a client's own names the router leaves to the service.
function strangeFor({ additionalProperties: rest }: JsonSchema): unknown[] {
  return typeof rest === 'object' ? strange.filter((value) => !isNamed(value)) : strange
}
function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'unknown' in value
}

function bordersOf(schema: JsonSchema): unknown[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems } = schema
  const around = (border: number | undefined) =>
    border === undefined ? [] : [border - 1, border, border + 1]
  const lengths = (border: number | undefined) => around(border).filter((length) => length >= 0)
  return [
    ...[...around(minimum), ...around(maximum)],
    ...[...lengths(minLength), ...lengths(maxLength)].map((length) => 'x'.repeat(length)),
    ...[...lengths(minItems), ...lengths(maxItems)].map((length) =>
      Array.from({ length }, () => sampleOf(schema.items ?? {})),
    ),
  ]
}

describe('the schema of a request', () => {
  it.each(requests.map((row) => [row.type, row] as const))(
    'takes of %s just what the router takes',
    (_type, row) => {
      const { name } = row.payload
      const cases = [...casesOf(schemas[name] ?? {})]
      const disagreed = cases.filter((value) => isTaken(row.payload, value) !== isDescribed(name, value))
      expect(disagreed.map((value) => JSON.stringify(value).slice(0, 300))).toEqual([])
      expect(cases.some((value) => isDescribed(name, value))).toBe(true)
      expect(cases.some((value) => !isDescribed(name, value))).toBe(true)
    },
  )
})

describe('the schema of what a service says', () => {
  it('lets later versions say more', () => {
    expect(schemas['TaskAccepted']?.additionalProperties).toBeUndefined()
    const answer = { taskId: texts.at(-1), state: 'submitted', duplicate: false, later: 1 }
    expect(isDescribed('TaskAccepted', answer)).toBe(true)
    expect(isDescribed('TaskAccepted', { ...answer, state: 'lost' })).toBe(false)
  })

  it('has what a class inherits', () => {
    expect(schemas['TaskCompleted']?.required?.toSorted()).toEqual(['at', 'state', 'task', 'taskId'])
  })
})
