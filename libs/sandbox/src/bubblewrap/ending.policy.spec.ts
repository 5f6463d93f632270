import { expect, it } from 'vitest'
import { endingOf } from './ending.policy.js'

it('tells exits, signals, the cpu limit and a sandbox that never started apart', () => {
  expect(endingOf(0)).toEqual({ ending: 'exited', exitCode: 0 })
  expect(endingOf(128)).toEqual({ ending: 'exited', exitCode: 128 })
  expect(endingOf(139)).toEqual({ ending: 'signaled', exitCode: 139, signal: 'SIGSEGV' })
  expect(endingOf(152)).toEqual({ ending: 'cpu-time', exitCode: 152, signal: 'SIGXCPU' })
  expect(endingOf(255)).toEqual({ ending: 'exited', exitCode: 255 })
  expect(endingOf(undefined)).toEqual({ ending: 'sandbox-failed' })
})
