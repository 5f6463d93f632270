import { describe, expect, it } from 'vitest'
import { excessOf, readVerdict, VerdictStream } from './verdict.js'

const MARK = Buffer.from('\0word\n')
const VERDICT = 'ended 42 \nmemory 1000\ncpuNs 2500000\ncpuUs \n'

function feed(parts: readonly string[]) {
  const taken: string[] = []
  let found = 0
  const stream = new VerdictStream(
    MARK,
    (bytes) => taken.push(bytes.toString('latin1')),
    () => (found += 1),
  )
  for (const part of parts) stream.push(Buffer.from(part, 'latin1'))
  return { verdict: stream.end(), taken, found }
}

describe('a verdict', () => {
  it('has the exit code, what was exceeded, and what was used in either unit', () => {
    expect(readVerdict(VERDICT)).toEqual({ exitCode: 42, maxMemoryBytes: 1000, cpuMs: 3 })
    expect(readVerdict('ended 137 processes\nmemory \ncpuNs \ncpuUs 7000\n')).toEqual({
      exitCode: 137,
      excess: 'processes',
      cpuMs: 7,
    })
    expect(readVerdict('ended x')).toBeUndefined()
  })

  it('names the limit as other sandboxes do', () => {
    expect(excessOf({ exitCode: 0 }, 5)).toBeUndefined()
    expect(excessOf({ exitCode: 137, excess: 'processes' }, 5)).toMatchObject({ ending: 'processes' })
    expect(excessOf({ exitCode: 137, excess: 'memory' }, 5)).toMatchObject({ ending: 'memory' })
    expect(excessOf({ exitCode: 137, excess: 'workspace' }, 5)).toMatchObject({ ending: 'workspace' })
    expect(excessOf({ exitCode: 125, excess: 'limits' }, 5)).toMatchObject({ ending: 'sandbox-failed' })
  })

  it('is found wherever the stream was cut', () => {
    const text = `some errors\0\n\0wor${MARK.toString()}${VERDICT}`
    for (let at = 0; at <= text.length; at += 1) {
      const { verdict, taken, found } = feed([text.slice(0, at), text.slice(at)])
      expect([verdict?.exitCode, found], String(at)).toEqual([42, 1])
      expect(taken.join('')).toBe('some errors\0\n\0wor')
    }
  })

  it('does not hold back what cannot be its beginning', () => {
    expect(feed(['line\n', 'more']).taken).toEqual(['line\n', 'more'])
    expect(feed(['end\0']).taken).toEqual(['end', '\0'])
    expect(feed(['no verdict']).verdict).toBeUndefined()
  })
})
