import { expect, it } from 'vitest'
import { mediaTypeOf } from './media-type.js'

it.each([
  ['a.txt', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]), 'image/png'],
  ['report.pdf', Buffer.from('%PDF-1.7'), 'application/pdf'],
  ['report.json', Buffer.from('{"ä": 1}'), 'application/json'],
  ['REPORT.CSV', Buffer.from('a,b'), 'text/csv'],
  ['notes', Buffer.from('words'), 'text/plain'],
  ['report.json', Buffer.from([0xff, 0xfe, 0x00]), 'application/octet-stream'],
  ['notes.md', Buffer.from('a\0b'), 'application/octet-stream'],
  ['empty', Buffer.alloc(0), 'text/plain'],
])('%s with %o is %s', (name, bytes, mediaType) => {
  expect(mediaTypeOf(name, bytes)).toBe(mediaType)
})
