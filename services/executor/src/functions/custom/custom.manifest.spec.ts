import { describe, expect, it } from 'vitest'
import type { FunctionOutcome } from '../function.outcome.js'
import { checkOf } from '../schema.check.js'
import { readCustomFolder } from './custom.folder.js'
import { checked, customFunction } from './custom.function.js'
import { InvalidManifestError, readManifest, usualLimits } from './custom.manifest.js'

const manifest = {
  name: 'word-count',
  version: '1.0.0',
  description: 'Counts words',
  program: ['./count.mjs'],
  parameters: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
}
const read = (over: object) => readManifest(JSON.stringify({ ...manifest, ...over }))

describe('the manifest of a function', () => {
  it('takes the most care where it says nothing', () => {
    expect(read({})).toEqual({ ...manifest, tier: 'ask', repeatable: false, limits: usualLimits })
    expect(read({ limits: { wallMs: 100 } }).limits).toEqual({ ...usualLimits, wallMs: 100 })
  })

  it.each([
    ['no name', { name: undefined }, /name/],
    ['a name that is taken for another', { name: 'Word.Count' }, /name/],
    ['a version that is none', { version: '../1' }, /version/],
    ['more than a call may have', { limits: { wallMs: 10_000_000 } }, /limits\.wallMs/],
    ['a capability that is no function', { capability: 'root' }, /capability/],
    ['a field that is not known', { prorgam: ['x'] }, /prorgam/],
    ['arguments that are no object', { parameters: { type: 'string' } }, /type: object/],
    [
      'a schema that is none',
      { parameters: { type: 'object', properties: { a: { type: 'text' } } } },
      /no JSON Schema/,
    ],
    ['an expression', { result: { type: 'string', pattern: '^(a+)+$' } }, /pattern cannot be used/],
    ['a reference', { result: { allOf: [{ $ref: '#' }] } }, /\$ref cannot be used/],
    ['NUL in its program', { program: ['a\0'] }, /NUL/],
  ])('is refused with %s', (_what, over, message) => {
    expect(() => read(over)).toThrow(InvalidManifestError)
    expect(() => read(over)).toThrow(message)
  })

  it('may have a parameter named as what its schema may not say', () => {
    const parameters = { type: 'object', properties: { pattern: { type: 'string' } } }
    expect(read({ parameters }).parameters).toEqual(parameters)
  })

  it('names a program that its folder has and that can be executed', () => {
    const text = JSON.stringify(manifest)
    const script = { content: '#!/usr/bin/env node\n', encoding: 'utf8' as const, executable: true }
    expect(readCustomFolder({ 'function.json': text, 'count.mjs': script }).name).toBe('word-count')
    expect(() => readCustomFolder({ 'function.json': text, 'count.mjs': '' })).toThrow(/chmod \+x/)
    expect(() => readCustomFolder({ 'function.json': text })).toThrow(/no file count\.mjs/)
    expect(() => readCustomFolder({})).toThrow(/no file function\.json/)
    expect(() => readCustomFolder({ 'function.json': '{' })).toThrow(/no JSON/)
    const interpreted = JSON.stringify({ ...manifest, program: ['node', 'count.mjs'] })
    expect(readCustomFolder({ 'function.json': interpreted }).program).toEqual(['node', 'count.mjs'])
  })
})

describe('a custom function', () => {
  const place = { digest: 'd'.repeat(64), folder: '/srv/functions/d' }
  const exited: FunctionOutcome = {
    ending: 'exited',
    exitCode: 0,
    stdout: '',
    stderr: '',
    truncated: false,
    tookMs: 1,
  }

  it('gets its arguments through stdin and sees its folder read-only', () => {
    const { argv, stdin, mounts, network } = customFunction(read({}), place).command({ text: 'secret' })
    expect(argv.join()).not.toContain('secret')
    expect(stdin).toBe('{"text":"secret"}')
    expect(mounts).toMatchObject([{ source: place.folder, mode: 'ro' }])
    expect(network).toBe(false)
  })

  it('goes out only where whoever calls it could', () => {
    const networkOf = (capability: string) => customFunction(read({ capability }), place).command({}).network
    expect(['http.fetch', 'bash', 'fs.read'].map(networkOf)).toEqual([true, true, false])
  })

  it('answers with what fits the schema of its result, or not at all', () => {
    const check = checkOf(
      { type: 'object', properties: { words: { type: 'integer' } }, required: ['words'] },
      'the result',
    )
    const answered = (stdout: string, over: Partial<FunctionOutcome> = {}) =>
      checked({ ...exited, stdout, ...over }, check)
    expect(answered('{"words":2}\n')).toMatchObject({ ending: 'exited', exitCode: 0 })
    expect(answered('{"words":"2"}')).toMatchObject({
      ending: 'invalid-result',
      stderr: expect.stringContaining('words must be integer') as string,
    })
    expect(answered('two')).toMatchObject({ ending: 'invalid-result' })
    expect(answered('{"words":2}', { truncated: true })).toMatchObject({ ending: 'invalid-result' })
    expect(answered('two')).not.toHaveProperty('exitCode')
    expect(answered('two', { exitCode: 1 })).toMatchObject({ ending: 'exited', exitCode: 1 })
    expect(answered('two', { ending: 'memory' })).toMatchObject({ ending: 'memory' })
  })
})
