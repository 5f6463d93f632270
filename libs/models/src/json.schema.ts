import { Ajv, type ErrorObject } from 'ajv'

const QUOTED_PROBLEMS = 5

/** Says what is wrong with a value, in words that a model can act on; undefined when nothing is. */
export type SchemaCheck = (value: unknown) => string | undefined

/**
 * `format` is not checked: it means different things to different endpoints.
 *
 * @throws TypeError when the schema itself cannot be used
 */
export function compileSchema(schema: object): SchemaCheck {
  // Words that a validator does not know are allowed: endpoints have some of their own.
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false })
  let validate: ReturnType<typeof ajv.compile>
  try {
    validate = ajv.compile(schema)
  } catch (error) {
    throw new TypeError(`The schema cannot be used: ${(error as Error).message}`, { cause: error })
  }
  return (value) => (validate(value) ? undefined : describe(validate.errors ?? []))
}

/**
 * Whether OpenAI's strict mode takes the schema: every object names all its properties as required and allows no others.
 */
export function fitsStrictMode(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrictMode)
  if (typeof schema !== 'object' || schema === null) return true
  const { type, properties, required, additionalProperties } = schema as Record<string, unknown>
  const isObject =
    type === 'object' || (Array.isArray(type) && type.includes('object')) || properties !== undefined
  if (isObject) {
    const names = Object.keys((properties as object | undefined) ?? {})
    if (additionalProperties !== false || !Array.isArray(required)) return false
    if (!names.every((name) => required.includes(name))) return false
  }
  return Object.values(schema).every(fitsStrictMode)
}

function describe(errors: readonly ErrorObject[]): string {
  const problems = errors.map(({ instancePath, message, params }) => {
    const extra = Object.values(params as Record<string, unknown>).filter(
      (value) => typeof value === 'string',
    )
    return `${instancePath || 'the answer'} ${message ?? 'does not fit'}${extra.length > 0 ? ` (${extra.join(', ')})` : ''}`
  })
  const more = problems.length - QUOTED_PROBLEMS
  return [...problems.slice(0, QUOTED_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])]
    .join('; ')
    .slice(0, 2_000)
}
