import { describe, expect, it } from 'vitest'
import { functionSourcePattern, isFunctionName, orderedFunctions } from './function.names.js'

describe('names of functions', () => {
  it.each([
    'bash',
    'fs.read',
    'custom.word-count',
    'mcp.files.read_file',
    'mcp.a.b.c-D',
    `mcp.a.${'t'.repeat(94)}`,
  ])('are built in or say where they come from: %s', (name) => expect(isFunctionName(name)).toBe(true))

  it.each([
    'fs',
    'fsxread',
    'custom.',
    'custom.Bash',
    'custom.a.b',
    'custom.a\n',
    'mcp.files',
    'mcp.Files.read',
    'mcp.files.a..b',
    'mcp.files.a/b',
    'mcp.files.*',
    `mcp.a.${'t'.repeat(95)}`,
    'constructor',
    7,
  ])('are nothing else: %j', (name) => expect(isFunctionName(name)).toBe(false))

  it('are put in one order, each once', () => {
    expect(orderedFunctions(['mcp.b.c', 'fs.read', 'custom.z', 'bash', 'fs.read'])).toEqual([
      'bash',
      'fs.read',
      'custom.z',
      'mcp.b.c',
    ])
  })

  it('come from what an operator registers by a name of its own', () => {
    expect(['custom.a', 'mcp.files'].every((name) => functionSourcePattern.test(name))).toBe(true)
    expect(
      ['bash', 'mcp.files.read', 'other.a', 'custom.a\n'].some((name) => functionSourcePattern.test(name)),
    ).toBe(false)
  })
})
