import { expect, it } from 'vitest'
import { exitStatusOf } from './exec.ending.js'

it.each([
  [{ ending: 'exited', exitCode: 42 }, 42],
  [{ ending: 'signaled', exitCode: 139 }, 139],
  [{ ending: 'cpu-time', exitCode: 152 }, 152],
  [{ ending: 'wall-time' }, 124],
  [{ ending: 'sandbox-failed' }, 125],
  [{ ending: 'memory' }, 137],
  [{ ending: 'output' }, 137],
  [{ ending: 'canceled' }, 130],
] as const)('%j ends the command with %i', (result, status) => {
  expect(exitStatusOf(result, 'SIGINT')).toBe(status)
})
