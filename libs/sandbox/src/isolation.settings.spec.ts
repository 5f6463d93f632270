import { describe, expect, it } from 'vitest'
import { createSandbox, IsolationSettingError, readIsolation } from './isolation.settings.js'

const read = (values: Record<string, string>, isProduction = false) =>
  readIsolation((name) => values[name], isProduction)
const containers = { GUILDHALL_ISOLATION: 'container', GUILDHALL_CONTAINER_SOCKET: '/run/docker.sock' }
const cluster = {
  GUILDHALL_ISOLATION: 'kubernetes',
  GUILDHALL_KUBERNETES_CLAIM: 'folders',
  GUILDHALL_KUBERNETES_CLAIM_PATH: '/srv/guildhall',
}

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

  it('is Jobs of the cluster that this process runs in, or of the one that is named', () => {
    const inside = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
    const named = read({
      ...cluster,
      ...inside,
      GUILDHALL_CONTAINER_IMAGE: 'tools:1',
      GUILDHALL_KUBERNETES_NODE: 'n1',
    })
    const [claim, claimPath] = ['folders', '/srv/guildhall']
    const server = 'https://[fd00::1]:6443'
    expect(named).toEqual({ kind: 'kubernetes', claim, claimPath, image: 'tools:1', node: 'n1', server })
    expect(createSandbox(named).kind).toBe('kubernetes')
    const other = read({ ...cluster, ...inside, GUILDHALL_KUBERNETES_SERVER: 'https://10.0.0.1' })
    expect(other).toMatchObject({ server: 'https://10.0.0.1' })
  })

  it('is Jobs for containers without a socket in a cluster, and nowhere else', () => {
    const values = { ...cluster, GUILDHALL_ISOLATION: 'container', KUBERNETES_SERVICE_HOST: '10.0.0.1' }
    expect(read(values)).toMatchObject({ kind: 'kubernetes', server: 'https://10.0.0.1:443' })
    expect(read({ ...values, GUILDHALL_CONTAINER_SOCKET: '/run/docker.sock' }).kind).toBe('container')
    expect(() => read({ ...values, KUBERNETES_SERVICE_HOST: '' })).toThrow('GUILDHALL_CONTAINER_SOCKET')
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
    { ...cluster, GUILDHALL_KUBERNETES_CLAIM: '' },
    { ...cluster, GUILDHALL_KUBERNETES_CLAIM: '../x' },
    { ...cluster, GUILDHALL_KUBERNETES_CLAIM_PATH: 'relative' },
    { ...cluster, GUILDHALL_KUBERNETES_NAMESPACE: 'a/b' },
    { ...cluster, GUILDHALL_KUBERNETES_SERVER: 'http://10.0.0.1' },
  ])('of %j is refused', (values) => {
    expect(() => read(values)).toThrow(IsolationSettingError)
  })
})
