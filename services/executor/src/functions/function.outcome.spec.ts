import type { SandboxResult } from '@guildhall/sandbox'
import { describe, expect, it } from 'vitest'
import { outcomeOf, outputLimitBytes, succeeded } from './function.outcome.js'

function result(over: Partial<SandboxResult>): SandboxResult {
  return {
    ending: 'exited',
    exitCode: 0,
    stdout: '',
    stderr: '',
    stdoutBytes: Buffer.alloc(0),
    stderrBytes: Buffer.alloc(0),
    truncated: false,
    usage: { wallMs: 1.4, outputBytes: 0, maxMemoryBytes: 0 },
    enforced: {} as SandboxResult['enforced'],
    isolation: 'bubblewrap',
    ...over,
  }
}

describe('function outcome', () => {
  it('is a success only when the command ended by itself with 0', () => {
    expect(succeeded(outcomeOf(result({})))).toBe(true)
    expect(succeeded(outcomeOf(result({ exitCode: 1 })))).toBe(false)
    expect(succeeded(outcomeOf(result({ ending: 'wall-time' })))).toBe(false)
  })

  it('cuts output at the end of a character and says so', () => {
    const outcome = outcomeOf(result({ stdout: 'x' + '€'.repeat(100_000) }))
    expect(Buffer.byteLength(outcome.stdout)).toBeLessThanOrEqual(outputLimitBytes)
    expect(outcome.stdout).toMatch(/^x€+$/)
    expect(outcome.truncated).toBe(true)
    expect(outcomeOf(result({ stdout: 'y' }))).toMatchObject({
      stdout: 'y',
      truncated: false,
      tookMs: 1,
    })
  })

  it('keeps why the sandbox failed beside what the command said', () => {
    expect(
      outcomeOf(result({ ending: 'sandbox-failed', stderr: 'a\n', detail: 'no user namespaces' })).stderr,
    ).toBe('a\nno user namespaces\n')
  })

  it('says what isolated the call, what it used, and who held the limit that ended it', () => {
    const usage = { wallMs: 1, outputBytes: 0, maxMemoryBytes: 4_096, cpuMs: 1.26 }
    const enforced = { ...result({}).enforced, memoryBytes: 'kernel' as const }
    const ended = outcomeOf(result({ ending: 'memory', usage, enforced, isWarm: true }))
    expect(ended.sandbox).toEqual({
      isolation: 'bubblewrap',
      start: 'warm',
      cpuMs: 1.3,
      maxMemoryBytes: 4_096,
      heldBy: 'kernel',
    })
    expect(outcomeOf(result({ enforced, isolation: 'process' })).sandbox).toEqual({
      isolation: 'process',
      start: 'cold',
    })
  })
})
