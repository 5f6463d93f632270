import { describe, expect, it } from 'vitest'
import { decideMounts, MountRefusedError, type ObservedMount, refuseBeyondRights } from './mount.policy.js'

const roots = [
  { path: '/data', mode: 'ro' as const },
  { path: '/data/out', mode: 'rw' as const },
]
const privateDirs = ['/data/app/.guildhall']

function folder(
  source: string,
  mode: 'ro' | 'rw' = 'ro',
  realPath: string | undefined = source,
): ObservedMount {
  return { source, mode, realPath, isFolder: true }
}
const decide = (...mounts: ObservedMount[]) => decideMounts(mounts, roots, privateDirs)

describe('mount policy', () => {
  it('shows a folder below a root by its base name', () => {
    expect(decide(folder('/data/reports'))).toEqual([
      { source: '/data/reports', target: '/mnt/reports', mode: 'ro' },
    ])
  })

  it('takes the root itself and a trailing slash', () => {
    expect(decide({ ...folder('/data/out/', 'rw'), realPath: '/data/out' })).toEqual([
      { source: '/data/out', target: '/mnt/out', mode: 'rw' },
    ])
  })

  it('numbers folders of the same name', () => {
    const targets = decide(folder('/data/a/x'), folder('/data/b/x'), folder('/data/x-2'), folder('/data/c/x'))
    expect(targets.map((mount) => mount.target)).toEqual(['/mnt/x', '/mnt/x-2', '/mnt/x-2-2', '/mnt/x-3'])
  })

  it('refuses what lies below no root, and says which roots there are and how to allow another', () => {
    expect(() => decide(folder('/database'))).toThrow(
      /allowed are \/data \(ro\), \/data\/out \(rw\).*guildhall up --mount \/database/,
    )
    expect(() => decideMounts([folder('/x')], [], [])).toThrow(/no folder is allowed/)
  })

  it('grants writing only below a writable root', () => {
    expect(decide(folder('/data/out/today', 'rw'))[0]?.mode).toBe('rw')
    expect(() => decide(folder('/data/reports', 'rw'))).toThrow(/--mount \/data\/reports:rw/)
  })

  it('refuses what the run holds no right to, or for reading only', () => {
    const [reports, out] = decide(folder('/data/reports'), folder('/data/out', 'rw'))
    const rights = { mounts: [{ source: '/data', mode: 'ro' as const }] }
    expect(() => refuseBeyondRights([reports!], rights)).not.toThrow()
    expect(() => refuseBeyondRights([reports!, out!], rights)).toThrow(/"\/data\/out".*holds \/data \(ro\)/)
    expect(() => refuseBeyondRights([reports!], { mounts: [] })).toThrow(/holds no folder/)
  })

  it.each([
    ['through a symbolic link', folder('/data/link', 'ro', '/data/real')],
    ['with a component that climbs', folder('/data/../etc', 'ro', '/data/etc')],
    [
      'that does not exist',
      { source: '/data/none', mode: 'ro' as const, realPath: undefined, isFolder: false },
    ],
    ['that is a file', { ...folder('/data/file'), isFolder: false }],
    ['that is private', folder('/data/app/.guildhall')],
    ['inside a private one', folder('/data/app/.guildhall/secrets')],
    ['that holds a private one', folder('/data/app')],
  ])('refuses a folder %s', (_, mount) => {
    expect(() => decide(mount)).toThrow(MountRefusedError)
  })
})
