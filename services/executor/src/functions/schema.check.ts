import { Ajv, type ErrorObject } from 'ajv'

/** What is wrong with a value, in words; undefined when it fits. */
export type SchemaCheck = (value: unknown) => string | undefined

/**
 * Holds values against a JSON Schema.
 * @param whole how the value as a whole is called
 * @throws Error when the schema is none
 */
export function checkOf(schema: object, whole: string): SchemaCheck {
  // One for each schema: a validator keeps all that it ever compiled.
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema)
  return (value) => (validate(value) ? undefined : problemsOf(validate.errors ?? [], whole))
}

function problemsOf(errors: readonly ErrorObject[], whole: string): string {
  const problems = errors.map((error) => {
    const place = error.instancePath.slice(1).replaceAll('/', '.') || whole
    const extra = error.params['additionalProperty'] as string | undefined
    return `${place} ${error.message ?? 'not valid'}${extra === undefined ? '' : ` (${extra})`}`
  })
  return [...new Set(problems)].slice(0, mostProblems).join('; ')
}

const mostProblems = 20

const largestBytes = 32 * 1024

/**
 * What keeps a schema that somebody sent from being used here, in words. One that refers to itself, or holds expressions,
 * can be written so that a short value takes for ever.
 */
export function problemOfSchema(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 'must be a JSON Schema'
  if (Buffer.byteLength(JSON.stringify(schema)) > largestBytes) return `has more than ${largestBytes} bytes`
  const keyword = slowKeywordIn(schema)
  if (keyword !== undefined) return `${keyword} cannot be used: leave that check to the program`
  try {
    checkOf(schema, 'the value')
    return undefined
  } catch (error) {
    return `is no JSON Schema that can be used: ${(error as Error).message.slice(0, 300)}`
  }
}

function slowKeywordIn(value: object): string | undefined {
  for (const [key, inner] of Object.entries(value)) {
    const isKeyword =
      (['pattern', '$ref', '$dynamicRef', '$recursiveRef'].includes(key) && typeof inner === 'string') ||
      (key === 'patternProperties' && typeof inner === 'object')
    const found = isKeyword
      ? key
      : typeof inner === 'object' && inner
        ? slowKeywordIn(inner as object)
        : undefined
    if (found !== undefined) return found
  }
  return undefined
}
