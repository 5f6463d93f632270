import { type JsonSchema, referredType } from './json.schema.js'

/** A schema in words of Markdown; named types are links to their sections. */
export function schemaInWords(schema: JsonSchema): string {
  const { allOf, ...own } = schema
  const parts = [...(allOf ?? []), own].map(partInWords).filter(Boolean)
  return parts.join(', ') || 'any JSON value'
}

function partInWords(schema: JsonSchema): string {
  const name = referredType(schema)
  if (name !== undefined) return typeLink(name)
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(' · ')
  if (schema.anyOf) return schema.anyOf.map(schemaInWords).join(' or ')
  if (schema.not) return `not ${schemaInWords(schema.not)}`
  if (schema.type === 'array') return `list of ${schemaInWords(schema.items ?? {})}${limits(schema, 'items')}`
  if (schema.type === 'object') return objectInWords(schema)
  return textOrNumber(schema)
}

function objectInWords({ properties, required, additionalProperties: rest }: JsonSchema): string {
  if (properties) {
    const fields = Object.entries(properties).map(
      ([name, schema]) => `${code(name)}${required?.includes(name) ? '' : '?'} ${schemaInWords(schema)}`,
    )
    return `object of ${fields.join('; ')}`
  }
  return typeof rest === 'object' ? `object of names to ${schemaInWords(rest)}` : 'object'
}

function textOrNumber(schema: JsonSchema): string {
  const kind = schema.format ?? (schema.contentEncoding ? `${schema.contentEncoding} text` : schema.type)
  const words = [
    kind ?? '',
    limits(schema, 'characters').slice(kind === undefined ? ', '.length : 0),
    // What the encoding says already needs no pattern.
    schema.pattern && !schema.contentEncoding ? ` ${code(schema.pattern)}` : '',
  ]
  return words.join('')
}

function limits(schema: JsonSchema, counted: 'items' | 'characters'): string {
  const least = schema.minimum ?? schema.minLength ?? schema.minItems
  const most = schema.maximum ?? schema.maxLength ?? schema.maxItems
  const unit = schema.minimum !== undefined || schema.maximum !== undefined ? '' : ` ${counted}`
  if (least !== undefined && most !== undefined) return `, ${figure(least)} to ${figure(most)}${unit}`
  if (most !== undefined) return `, at most ${figure(most)}${unit}`
  return least !== undefined ? `, at least ${figure(least)}${unit}` : ''
}

/** A whole number with commas between thousands. */
export function figure(value: number): string {
  return value.toLocaleString('en')
}

/** A link to the section of a type or of a message. */
export function typeLink(name: string): string {
  return `[${name}](#${name.toLowerCase().replace(/[^\w-]/g, '')})`
}

/** Inline code that may stand in a table. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}
