import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { gatedCommand, openingLine } from './gate.js'

const limits = { ...defaultLimits, wallMs: 1_001 }

describe('the command of a container', () => {
  it('ends by itself half a minute after its wall time', () => {
    expect(gatedCommand({ argv: ['ls', '-l'], limits }).slice(0, 4)).toEqual([
      '/usr/bin/timeout',
      '-s',
      'KILL',
      '32',
    ])
  })

  it('has no input of its own when the call has none', () => {
    expect(gatedCommand({ argv: ['true'], limits })[8]).toMatch(/<\/dev\/null$/)
    expect(gatedCommand({ argv: ['true'], limits, stdin: 'x' })[8]).not.toContain('/dev/null')
  })

  it('gets its variables from the line that lets it pass, no others, and the input after that', () => {
    const characters = Array.from({ length: 0x2ff }, (_, at) => String.fromCodePoint(at + 1)).join('')
    const env = { TOKEN: `${characters}'"$(id)\`id\`\\\n\n`, EMPTY: '', PATH: '/usr/bin:/bin' }
    const script = 'console.log(JSON.stringify([process.env, fs.readFileSync(0, "utf8")]))'
    const argv = [process.execPath, '-e', script]
    const [program = '', ...args] = gatedCommand({ argv, limits, stdin: 'x' })
    const input = `${openingLine(env)}in\nput`
    const output = execFileSync(program, args, { input, env: { CONTAINER: 'engine' }, encoding: 'utf8' })
    const [seen, rest] = JSON.parse(output) as [Record<string, string>, string]
    expect(seen).toMatchObject({ ...env, HOME: '/workspace', TMPDIR: '/tmp' })
    expect(Object.keys(seen)).not.toContain('CONTAINER')
    expect(rest).toBe('in\nput')
  })

  it('does not begin when the input ends without a line', () => {
    const [program = '', ...args] = gatedCommand({ argv: ['echo', 'began'], limits })
    expect(() => execFileSync(program, args, { input: 'export A=b', stdio: 'pipe' })).toThrow(
      'Command failed',
    )
  })
})
