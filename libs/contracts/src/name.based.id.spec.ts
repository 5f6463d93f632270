import { v5 } from 'uuid'
import { describe, expect, it } from 'vitest'
import { nameBasedId } from './name.based.id.js'

describe('the id of a name', () => {
  it('is the UUIDv5 that others make of it', () => {
    const namespace = '6ba7b810-9dad-11d1-80b4-00c04fd430c8'
    const names = ['', 'www.example.com', 'é\n😀', ...Array.from({ length: 100 }, (_, n) => `name ${n}`)]
    for (const name of names) expect(nameBasedId(name, namespace)).toBe(v5(name, namespace))
  })
})
