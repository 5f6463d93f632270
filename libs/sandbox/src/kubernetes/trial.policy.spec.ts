import { describe, expect, it } from 'vitest'
import { judgeNetwork, judgeTrial } from './trial.policy.js'

const fine = {
  ending: 'exited' as const,
  exitCode: 0,
  stdout: '/usr/local/bin/node\n16 4096\n8 4096\n',
  stderr: '',
}
const trial = { image: 'tools:1', uid: 7, writtenUid: 7, bounds: [65_536, 32_768] }

describe('a trial in a cluster', () => {
  it('is passed by a call that writes as its user, has node, and bounded memory', () => {
    expect(judgeTrial(fine, trial)).toBeUndefined()
  })

  it.each([
    [
      { ...fine, ending: 'sandbox-failed' as const, detail: 'ErrImagePull: none' },
      trial,
      'ErrImagePull: none',
    ],
    [fine, { ...trial, writtenUid: 0 }, 'uid 0'],
    [fine, { ...trial, writtenUid: undefined }, 'another volume'],
    [{ ...fine, exitCode: 127, stdout: '16 4096\n8 4096\n' }, trial, 'no node'],
    [{ ...fine, stdout: '/usr/local/bin/node\n999999 4096\n8 4096\n' }, trial, 'SizeMemoryBackedVolumes'],
    [{ ...fine, stdout: '/usr/local/bin/node\n' }, trial, 'SizeMemoryBackedVolumes'],
  ])('is failed by %j', (outcome, expectation, problem) => {
    expect(judgeTrial(outcome, expectation)).toContain(problem)
  })

  it('of the network is passed only when no door opened', () => {
    const doors = ['10.0.0.1:443', '169.254.169.254:80']
    expect(judgeNetwork({ ...fine, stdout: '' }, doors)).toMatchObject({ ok: true })
    const reached = judgeNetwork({ ...fine, stdout: '10.0.0.1:443\n' }, doors)
    expect(reached).toMatchObject({
      ok: false,
      detail: expect.stringContaining('guildhall.part=call') as string,
    })
    expect(judgeNetwork({ ...fine, ending: 'memory', stdout: '' }, doors).ok).toBe(false)
    expect(judgeNetwork({ ...fine, exitCode: 1, stdout: '' }, doors).ok).toBe(false)
  })
})
