import { expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { onHost } from './host-paths.policy.js'

it.each([
  ['/workspace', '/srv/run'],
  ['/workspace/a b', '/srv/run/a b'],
  ['/workspaces', '/workspaces'],
  ['/mnt/data/x', '/data/x'],
  ['cat /workspace/x', 'cat /workspace/x'],
  ['/mnt/other', '/mnt/other'],
])('%s is %s on the host', (word, path) => {
  const mounts = [{ source: '/data', target: '/mnt/data', mode: 'ro' as const }]
  expect(onHost(word, { workspace: '/srv/run', mounts, limits: defaultLimits })).toBe(path)
})
