import { describe, expect, it } from 'vitest'
import { bytesOfField, fieldsOfBytes, fittingFields } from './dead-letter.fields.js'

const binary = Buffer.from([0, 255, 10])

describe('the fields of a dead letter', () => {
  it('say every byte in JSON, and give it back', () => {
    const flat = [
      Buffer.from('data'),
      binary,
      binary,
      Buffer.from('ü\0'),
      Buffer.from('data'),
      Buffer.alloc(0),
    ]
    const fields = fieldsOfBytes(flat)
    expect(fields).toEqual([
      { name: 'data', value: 'AP8K', base64: true },
      { name: 'AP8K', nameBase64: true, value: 'ü\0' },
      { name: 'data', value: '' },
    ])
    expect(bytesOfField(fields.slice(0, 1), 'data')).toEqual(binary)
  })

  it('are read by the last of a name: an entry may have brought the others', () => {
    const flat = ['error', 'forged', 'error', 'true'].map((text) => Buffer.from(text))
    expect(bytesOfField(fieldsOfBytes(flat), 'error')?.toString()).toBe('true')
    expect(bytesOfField([], 'error')).toBeUndefined()
  })

  it('are shown as far as one answer holds', () => {
    const fields = [
      { name: 'data', value: '\u0001'.repeat(50_000) },
      { name: 'stamp', value: '{}' },
    ]
    const fitting = fittingFields(fields, 10_000)
    expect(fitting.fields.map(({ name }) => name)).toEqual(['data', 'stamp'])
    expect(Buffer.byteLength(JSON.stringify(fitting.fields))).toBeLessThan(10_100)
    expect(fitting.cutBytes + (fitting.fields[0]?.value.length ?? 0)).toBe(50_000)
    expect(fittingFields(fields.slice(1), 10_000)).toEqual({ fields: fields.slice(1), cutBytes: 0 })
  })
})
