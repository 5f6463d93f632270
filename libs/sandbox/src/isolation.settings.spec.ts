import { describe, expect, it } from 'vitest'
import { createSandbox, IsolationSettingError, readIsolation } from './isolation.settings.js'

const read = (values: Record<string, string>, isProduction = false) =>
  readIsolation((name) => values[name], isProduction)
const containers = { GUILDHALL_ISOLATION: 'container', GUILDHALL_CONTAINER_SOCKET: '/run/docker.sock' }

describe('isolation', () => {
  it('is bubblewrap unless told', () => {
    expect(read({})).toEqual({ kind: 'bubblewrap' })
    expect(createSandbox(read({ GUILDHALL_ISOLATION: '' })).kind).toBe('bubblewrap')
  })

  it('is containers of the engine and the image that are named', () => {
    expect(read(containers)).toEqual({ kind: 'container', socketPath: '/run/docker.sock' })
    const image = 'registry.example:5000/team/tools@sha256:0a1b'
    const named = read({ ...containers, GUILDHALL_CONTAINER_IMAGE: image })
    expect(named).toEqual({ kind: 'container', socketPath: '/run/docker.sock', image })
    expect(createSandbox(named).kind).toBe('container')
  })

  it('is none only where an operator names it, and not in production', () => {
    expect(createSandbox(read({ GUILDHALL_ISOLATION: 'process' })).kind).toBe('process')
    expect(() => read({ GUILDHALL_ISOLATION: 'process' }, true)).toThrow('refused in production')
  })

  it.each([
    { GUILDHALL_ISOLATION: 'none' },
    { GUILDHALL_ISOLATION: 'container' },
    { ...containers, GUILDHALL_CONTAINER_SOCKET: 'tcp://127.0.0.1:2375' },
    { ...containers, GUILDHALL_CONTAINER_IMAGE: '../../info' },
    { ...containers, GUILDHALL_CONTAINER_IMAGE: 'a?b=c' },
  ])('of %j is refused', (values) => {
    expect(() => read(values)).toThrow(IsolationSettingError)
  })
})
