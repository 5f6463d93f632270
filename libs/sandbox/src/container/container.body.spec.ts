import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { containerBody, type ContainerPlan, gatedCommand } from './container.body.js'

const plan: ContainerPlan = {
  image: 'sha256:1',
  imageVariables: ['PATH', 'NODE_VERSION', 'TOKEN'],
  owner: '1-2-3-4',
  uid: 7,
  gid: 8,
  workspace: '/srv/work',
  mounts: [
    { source: '/srv/work', target: '/workspace', mode: 'rw' },
    { source: '/srv/skill', target: '/skills/a', mode: 'ro' },
  ],
  command: ['/usr/bin/timeout', 'true'],
  env: { TOKEN: 'a=b' },
  limits: defaultLimits,
  seccompProfile: '{}',
}
const body = containerBody(plan)

describe('what the engine is asked for', () => {
  it('takes every right and every way out', () => {
    expect(body.HostConfig).toMatchObject({
      NetworkMode: 'none',
      IpcMode: 'private',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', 'seccomp={}'],
      ReadonlyRootfs: true,
      Init: true,
      LogConfig: { Type: 'none' },
    })
    expect(body).toMatchObject({ User: '7:8', Healthcheck: { Test: ['NONE'] }, Tty: false })
  })

  it('has the limits, and no swap beside the memory', () => {
    const { memoryBytes, processes, shmBytes, tmpBytes } = defaultLimits
    expect(body.HostConfig).toMatchObject({
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: processes,
      ShmSize: shmBytes,
    })
    expect(body.HostConfig.Tmpfs['/tmp']).toContain(`size=${tmpBytes}`)
    expect(body.HostConfig.Ulimits).toContainEqual({ Name: 'cpu', Soft: 60, Hard: 61 })
    expect(body.HostConfig.Ulimits).toContainEqual({ Name: 'core', Soft: 0, Hard: 0 })
  })

  it('gives the variables of the call, and none of the image', () => {
    expect(body.Env).toContain('TOKEN=a=b')
    expect(body.Env.filter((pair) => !pair.includes('=')).sort()).toEqual(['HOSTNAME', 'NODE_VERSION'])
    expect(body.Env.filter((pair) => pair.startsWith('PATH'))).toEqual(['PATH=/usr/local/bin:/usr/bin:/bin'])
  })

  it('shows folders without what is mounted below them', () => {
    expect(body.HostConfig.Mounts[1]).toEqual({
      Type: 'bind',
      Source: '/srv/skill',
      Target: '/skills/a',
      ReadOnly: true,
      BindOptions: { Propagation: 'rprivate', NonRecursive: true },
    })
  })
})

describe('the command of a container', () => {
  it('ends by itself half a minute after its wall time, and waits for a line', () => {
    const command = gatedCommand(['ls', '-l'], true, { ...defaultLimits, wallMs: 1_001 })
    expect(command.slice(0, 4)).toEqual(['/usr/bin/timeout', '-s', 'KILL', '32'])
    expect(command.slice(4)).toEqual(['/bin/sh', '-c', 'IFS= read -r line && exec "$@"', 'sh', 'ls', '-l'])
  })

  it('has no input of its own when the call has none', () => {
    expect(gatedCommand(['true'], false, defaultLimits)[6]).toMatch(/<\/dev\/null$/)
  })
})
