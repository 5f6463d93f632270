import { IS_BASE64, IS_DATE_STRING } from 'class-validator'
import { validationMetadatasToSchemas } from 'class-validator-jsonschema'
import type { Definitions } from './json.schema.js'

// JSON Schema's own word for it, and what the validator takes.
const base64 = {
  type: 'string' as const,
  contentEncoding: 'base64',
  pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
}

// The validator takes a date alone as well; a client does well to name the hour.
const time = { type: 'string' as const, format: 'date-time' }

/** What the validation decorators demand of the payload classes that have any, by class. */
export function readValidationRules(): Definitions {
  const additionalConverters = { [IS_BASE64]: base64, [IS_DATE_STRING]: time }
  return validationMetadatasToSchemas({ additionalConverters }) as Definitions
}
