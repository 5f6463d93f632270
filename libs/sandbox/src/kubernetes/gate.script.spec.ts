import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { InvalidRequestError } from '../sandbox.errors.js'
import { assertCallable, callLine, FRAME_BYTES, framesOf, gateArguments } from './gate.script.js'

describe('what the gate is given', () => {
  it('is a word, a length, and commands that become the call', () => {
    const [word, length, ...rest] = callLine(['echo', "it's", 'a\nb'], { TOKEN: 'ü' }, 'abc')
      .toString('utf8')
      .split('\n')
    expect(word).toBe('abc')
    expect(Number(length)).toBe(Buffer.byteLength(rest.join('\n')))
    expect(rest.join('\n')).toBe(`set -- 'echo' 'it'\\''s' 'a\nb'\nexport TOKEN='ü'\nexec "$@" #end`)
  })

  it('is no variable that a shell keeps for itself', () => {
    expect(() => assertCallable({ UID: '0' })).toThrow(InvalidRequestError)
    expect(() => assertCallable({ PATH: '/x', IFS: '/' })).not.toThrow()
  })

  it('is input in frames that can be told apart', () => {
    const bytes = Buffer.alloc(FRAME_BYTES + 3, 'x')
    const [first, second, ...more] = [...framesOf(bytes)]
    expect(first?.subarray(0, 6).toString()).toBe('65536\n')
    expect(second?.toString()).toBe('3\nxxx')
    expect(more).toEqual([])
    expect([...framesOf(Buffer.alloc(0))]).toEqual([])
  })

  it('are limits, with room for tasks of others under the same user', () => {
    const [processes, blocks, limits, ...targets] = gateArguments(defaultLimits, ['/workspace'])
    expect([processes, blocks, targets]).toEqual(['128', String((1024 * 2 ** 20) / 512), ['/workspace']])
    expect(limits).toContain('ulimit -c 0 && ulimit -l 64 && ulimit -f 524288')
    expect(limits).toContain('ulimit -u 2048')
  })
})
