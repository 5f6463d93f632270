import { describe, expect, it } from 'vitest'
import { mapToolNames } from './tool.names.js'

const ALLOWED = /^[A-Za-z0-9_-]{1,64}$/

describe('mapToolNames', () => {
  it('maps every name to an allowed one and back', () => {
    const own = [
      'fs.read',
      'fs_read',
      'fs:read',
      'bash',
      'mcp.github.list-issues',
      'ünï.côde',
      '..',
      '_',
      'a b',
    ]
    own.push(
      `mcp.server.${'x'.repeat(90)}`,
      `mcp.server.${'x'.repeat(91)}`,
      'y'.repeat(64),
      `${'y'.repeat(64)}.z`,
    )
    const names = mapToolNames(own)
    const wire = own.map((name) => names.toWire(name))
    expect(wire.filter((name) => !ALLOWED.test(name))).toEqual([])
    expect(new Set(wire).size).toBe(own.length)
    expect(wire.map((name) => names.fromWire(name))).toEqual(own)
  })

  it('keeps names readable', () => {
    const names = mapToolNames(['fs.read', 'bash'])
    expect(names.toWire('fs.read')).toBe('fs_read')
    expect(names.toWire('bash')).toBe('bash')
  })

  it('does not depend on the order of the names', () => {
    const own = ['fs.read', 'fs:read', 'fs_read', 'fs/read']
    const forwards = mapToolNames(own)
    const backwards = mapToolNames(own.toReversed())
    expect(own.map(forwards.toWire)).toEqual(own.map(backwards.toWire))
  })

  it('understands a model that calls a function by the name in the prompt', () => {
    expect(mapToolNames(['fs.read']).fromWire('fs.read')).toBe('fs.read')
  })

  it('knows nothing else, but can write an invented name down in an allowed form', () => {
    const names = mapToolNames(['fs.read'])
    expect(names.fromWire('fs.write')).toBeUndefined()
    expect(names.fromWire('constructor')).toBeUndefined()
    expect(names.toWire('fs.write')).toBe('fs_write')
    expect(names.toWire('')).toMatch(ALLOWED)
    expect(names.toWire('z'.repeat(99))).toMatch(ALLOWED)
  })

  it('refuses doubled and empty names', () => {
    expect(() => mapToolNames(['fs.read', 'bash', 'fs.read'])).toThrow('Two tools are named "fs.read"')
    expect(() => mapToolNames([''])).toThrow('A tool needs a name')
  })
})
