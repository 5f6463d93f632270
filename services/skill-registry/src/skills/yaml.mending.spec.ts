import { expect, it } from 'vitest'
import { quoteColons } from './yaml.mending.js'

it.each([
  ['description: Use it when: asked', 'description: "Use it when: asked"'],
  ['name: a\r\ndescription: See: "x"  ', 'name: a\ndescription: "See: \\"x\\""'],
  ['argument-hint: ends so:', 'argument-hint: "ends so:"'],
  ['description: `code` comes first', 'description: "`code` comes first"'],
])('quotes what YAML would not take in %j', (yaml, mended) => expect(quoteColons(yaml)).toBe(mended))

it.each([
  ['name: a\ndescription: plain'],
  ['description: "quoted: text" and: more'],
  ['description: >\n  a: b'],
  ['description: begins: here\n  goes on: there'],
  ['metadata: { a: b }'],
  ['url: https://example.org/a:b'],
  ['  nested: a: b'],
])('leaves %j alone', (yaml) => expect(quoteColons(yaml)).toBeUndefined())
