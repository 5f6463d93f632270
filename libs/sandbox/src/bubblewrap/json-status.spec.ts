import { expect, it } from 'vitest'
import { JsonStatus } from './json-status.js'

it('reports start and end once, however the text is cut', () => {
  const text = '{ "child-pid": 4711, "mnt-namespace": 4026532178 }\n{ "exit-code": 42 }\n'
  for (let cut = 0; cut <= text.length; cut += 1) {
    const started: number[] = []
    const status = new JsonStatus()
    let ends = 0
    status.whenStarted((init) => started.push(init))
    status.onEnded = () => (ends += 1)
    status.push(text.slice(0, cut))
    status.push(text.slice(cut))
    expect(started).toEqual([4711])
    expect(ends).toBe(1)
    expect(status.exitCode).toBe(42)
  }
})

it('has no exit code when only the sandbox was set up', () => {
  const status = new JsonStatus()
  status.push('{ "child-pid": 7 }\n')
  expect(status.exitCode).toBeUndefined()
})

it('tells who asks later, too', () => {
  const status = new JsonStatus()
  status.push('{ "child-pid": 7 }\n')
  const started: number[] = []
  status.whenStarted((init) => started.push(init))
  status.push('{ "exit-code": 0 }\n')
  expect(started).toEqual([7])
})
