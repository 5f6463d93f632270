import { expect, it } from 'vitest'
import { cgroupPlaces } from './cgroup-place.policy.js'

const mount = (root: string, at: string, type: string, options: string) =>
  `35 31 0:32 ${root} ${at} rw,relatime - ${type} ${type} rw,${options}`

it('finds the group in the unified hierarchy', () => {
  const info = [mount('/', '/', 'ext4', 'x'), mount('/', '/sys/fs/cgroup', 'cgroup2', 'nsdelegate')].join(
    '\n',
  )
  expect(cgroupPlaces(info, '0::/system.slice/x.service/supervisor\n')).toEqual([
    { version: 2, folder: '/sys/fs/cgroup/system.slice/x.service/supervisor' },
  ])
})

it('finds the one of the memory controller beside an empty unified hierarchy', () => {
  const info = [
    mount('/', '/sys/fs/cgroup/cpu', 'cgroup', 'cpu,cpuacct'),
    mount('/docker/abc', '/sys/fs/cgroup/memory', 'cgroup', 'memory'),
    mount('/', '/sys/fs/cgroup/unified', 'cgroup2', 'rw'),
  ].join('\n')
  expect(cgroupPlaces(info, '8:cpu,cpuacct:/\n4:memory:/docker/abc/run\n0::/\n')).toEqual([
    { version: 2, folder: '/sys/fs/cgroup/unified/' },
    { version: 1, folder: '/sys/fs/cgroup/memory/run' },
  ])
  expect(cgroupPlaces(info, '8:cpu,cpuacct:/a\n4:memory:/docker/abc/run\n0::/\n', 'cpuacct')[1]).toEqual({
    version: 1,
    folder: '/sys/fs/cgroup/cpu/a',
  })
})

it("finds none where there is none, or only a stranger's", () => {
  expect(cgroupPlaces('', '')).toEqual([])
  expect(
    cgroupPlaces(mount('/other', '/sys/fs/cgroup/memory', 'cgroup', 'memory'), '4:memory:/mine\n'),
  ).toEqual([])
})
