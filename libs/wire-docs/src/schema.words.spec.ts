import { expect, it } from 'vitest'
import { schemaInWords } from './schema.words.js'

it.each([
  [{ type: 'string', minLength: 1, maxLength: 20_000 }, 'string, 1 to 20,000 characters'],
  [{ type: 'integer', minimum: 1 }, 'integer, at least 1'],
  [{ type: 'string', format: 'uuid' }, 'uuid'],
  [{ type: 'string', pattern: '^a|b$' }, 'string `^a\\|b$`'],
  [{ enum: ['ro', 'rw'] }, '`ro` · `rw`'],
  [{ $ref: '#/definitions/TaskView' }, '[TaskView](#taskview)'],
  [{ allOf: [{ $ref: '#/definitions/A' }, { maxLength: 2 }] }, '[A](#a), at most 2 characters'],
  [{ type: 'array', items: { type: 'number' }, maxItems: 3 }, 'list of number, at most 3 items'],
  [{ type: 'object', additionalProperties: {} }, 'object of names to any JSON value'],
  [
    { type: 'object', properties: { a: { type: 'null' }, b: {} }, required: ['a'] },
    'object of `a` null; `b`? any JSON value',
  ],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
  [{ not: { type: 'null' } }, 'not null'],
])('says %j in words', (schema, words) => {
  expect(schemaInWords(schema)).toBe(words)
})
