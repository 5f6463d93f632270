import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { containerBody, type ContainerPlan } from './container.body.js'
import { podmanBody } from './podman.body.js'

const plan: ContainerPlan = {
  image: 'sha256:1',
  owner: '1-2-3-4',
  uid: 7,
  gid: 8,
  workspace: '/srv/work',
  mounts: [
    { source: '/srv/work', target: '/workspace', mode: 'rw' },
    { source: '/srv/skill', target: '/skills/a', mode: 'ro' },
  ],
  command: ['/usr/bin/timeout', 'true'],
  limits: defaultLimits,
  seccompProfile: '{}',
  folder: '/scratch',
}
const body = containerBody(plan)

describe('what Docker is asked for', () => {
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

  it('names no variable: they come to the gate', () => {
    expect(body.Env).toEqual([])
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

describe('what Podman is asked for', () => {
  const asked = podmanBody(plan, '/scratch/seccomp.json')

  it('takes every right and every way out', () => {
    expect(asked).toMatchObject({
      netns: { nsmode: 'none' },
      ipcns: { nsmode: 'private' },
      cap_drop: ['ALL'],
      no_new_privileges: true,
      seccomp_profile_path: '/scratch/seccomp.json',
      read_only_filesystem: true,
      init: true,
      log_configuration: { driver: 'none' },
      user: '7:8',
      healthconfig: { Test: ['NONE'] },
      terminal: false,
    })
  })

  it('brings nothing of its own: neither variables nor files that tell of the host', () => {
    expect(asked).toMatchObject({
      unsetenvall: true,
      env_host: false,
      httpproxy: false,
      use_image_hosts: true,
      use_image_resolve_conf: true,
      manage_password: false,
      image_volume_mode: 'ignore',
    })
  })

  it('has the limits, and no swap beside the memory', () => {
    const { memoryBytes, processes, shmBytes, tmpBytes } = defaultLimits
    expect(asked.resource_limits).toMatchObject({
      memory: { limit: memoryBytes, swap: memoryBytes },
      pids: { limit: processes },
    })
    expect(asked.shm_size).toBe(shmBytes)
    expect(asked.mounts.at(-1)?.options).toContain(`size=${tmpBytes}`)
    expect(asked.r_limits).toContainEqual({ type: 'cpu', soft: 60, hard: 61 })
    expect(asked.r_limits).toContainEqual({ type: 'core', soft: 0, hard: 0 })
  })

  it('shows folders without what is mounted below them', () => {
    expect(asked.mounts[1]).toEqual({
      type: 'bind',
      source: '/srv/skill',
      destination: '/skills/a',
      options: ['bind', 'ro', 'rprivate'],
    })
  })
})
