import { describe, expect, it } from 'vitest'
import { allowsFunction, allowsHost, allowsMount, canonicalPath, narrowRights } from './rights.narrowing.js'
import { allRights, askedRights, grantedRights, noRights, type Rights, rightsOfAgent } from './rights.js'

const rights = (draft: Partial<Rights>): Rights => grantedRights(draft)

describe('narrowing rights', () => {
  it('grants what is held and says what was taken away', () => {
    const held = rights({
      functions: ['bash', 'fs.*'],
      mounts: [{ source: '/data', mode: 'ro' }],
      hosts: ['*.example.com:443'],
      budget: { tokens: 1_000, calls: 5 },
    })
    const asked = rights({
      functions: ['fs.read', 'http.fetch'],
      mounts: [
        { source: '/data/in/../reports/', mode: 'rw' },
        { source: '/etc', mode: 'ro' },
      ],
      hosts: ['API.example.com.:443', 'example.com:443', 'no host'],
      budget: { tokens: 2_000, costUsd: 1 },
    })
    expect(narrowRights(held, asked)).toEqual({
      granted: {
        functions: ['fs.read'],
        mounts: [{ source: '/data/reports', mode: 'ro' }],
        hosts: ['api.example.com:443'],
        budget: { tokens: 1_000, calls: 5, costUsd: 1 },
      },
      removed: [
        'function http.fetch',
        'mount /data/reports:rw',
        'mount /etc:ro',
        'host example.com:443',
        'host no host',
        'budget of 2000 tokens (1000 are left)',
      ],
    })
  })

  it('gives the part that is held when more is asked for', () => {
    const held = rights({
      functions: ['bash', 'fs.read'],
      mounts: [
        { source: '/data/out', mode: 'rw' },
        { source: '/data', mode: 'ro' },
      ],
      hosts: ['a.org:443', 'b.org:80'],
    })
    expect(narrowRights(held, askedRights()).granted).toEqual(held)
    expect(narrowRights(held, rights({ mounts: [{ source: '/data', mode: 'rw' }] })).granted.mounts).toEqual(
      held.mounts,
    )
    expect(narrowRights(held, rights({ hosts: ['*:443'] })).granted.hosts).toEqual(['a.org:443'])
  })

  it('compares the components of a path, not its letters', () => {
    const held = rights({ mounts: [{ source: '/data/', mode: 'rw' }] })
    expect(allowsMount(held, { source: '/data', mode: 'rw' })).toBe(true)
    expect(allowsMount(held, { source: '/data//x/.', mode: 'ro' })).toBe(true)
    for (const source of ['/database', '/data/../etc', '/', 'data', '/data\0']) {
      expect(allowsMount(held, { source, mode: 'ro' })).toBe(false)
    }
    expect(canonicalPath('/../a//b/..//c/')).toBe('/a/c')
    expect(canonicalPath('/..')).toBe('/')
  })

  it('takes what is no amount for nothing, not for everything', () => {
    const odd = rights({ budget: { tokens: Number.NaN, calls: -1 } })
    expect(narrowRights(odd, allRights).granted.budget).toEqual({ tokens: 0, calls: 0 })
  })

  it('decides single calls, folders and hosts alike', () => {
    const held = rights({ functions: ['fs.*'], hosts: ['*.example.com:443', '[::1]:80'] })
    expect(allowsFunction(held, 'fs.read')).toBe(true)
    for (const name of ['fs', 'fsx.read', 'bash', '*', '']) expect(allowsFunction(held, name)).toBe(false)
    expect(allowsHost(held, 'a.example.com', 443)).toBe(true)
    expect(allowsHost(held, '[0::1]', 80)).toBe(true)
    expect(allowsHost(held, 'a.example.com', 80)).toBe(false)
    expect(allowsHost(held, 'example.com', 443)).toBe(false)
    expect(allowsFunction(noRights, 'bash')).toBe(false)
  })

  it('bounds an agent without grants by the folders of its task, and gives it no host', () => {
    const of = rightsOfAgent({ functions: ['bash'] })
    const task = rights({ functions: ['*'], mounts: [{ source: '/data', mode: 'ro' }], hosts: ['*:*'] })
    expect(narrowRights(task, of).granted).toEqual({ ...task, functions: ['bash'], hosts: [] })
    expect(rightsOfAgent({ functions: [], grants: { mounts: [], hosts: ['a.org:1'] } })).toEqual({
      ...noRights,
      hosts: ['a.org:1'],
    })
  })
})

describe('rights at random', () => {
  const samples = Array.from({ length: 300 }, (_, seed) => randomRights(seed + 1))
  const triples = samples.map((one, at) => [one, samples[(at * 7 + 1) % 300]!, samples[(at * 13 + 2) % 300]!])
  const granted = (held: Rights, asked: Rights) => narrowRights(held, asked).granted

  it('are the same however a chain of delegations is narrowed', () => {
    for (const [a, b, c] of triples as [Rights, Rights, Rights][]) {
      expect(granted(granted(a, b), c)).toEqual(granted(a, granted(b, c)))
      expect(granted(a, b)).toEqual(granted(b, a))
      expect(granted(a, a)).toEqual(granted(a, allRights))
    }
  })

  it('never widen: whatever is granted is held, and was asked for', () => {
    for (const [held, asked, again] of triples as [Rights, Rights, Rights][]) {
      const chain = granted(granted(held, asked), again)
      for (const side of [held, asked, again]) {
        expect(narrowRights(side, { ...chain, budget: {} }).removed).toEqual([])
        for (const [kind, bound] of Object.entries(side.budget) as [keyof Rights['budget'], number][]) {
          expect(chain.budget[kind]).toBeLessThanOrEqual(bound)
        }
      }
    }
  })

  it('allow a single thing exactly when every side of a chain allows it', () => {
    for (const [a, b, c] of triples as [Rights, Rights, Rights][]) {
      const chain = granted(granted(a, b), c)
      const all = (allows: (side: Rights) => boolean) => [a, b, c].every(allows)
      for (const name of ['fs.read', 'bash', 'mcp.git.log', 'mcp.web.get']) {
        expect(allowsFunction(chain, name)).toBe(all((side) => allowsFunction(side, name)))
      }
      for (const source of ['/data', '/data/a/b', '/database', '/srv/x']) {
        for (const mode of ['ro', 'rw'] as const) {
          expect(allowsMount(chain, { source, mode })).toBe(
            all((side) => allowsMount(side, { source, mode })),
          )
        }
      }
      for (const [host, port] of [
        ['a.org', 443],
        ['x.a.org', 443],
        ['y.x.a.org', 80],
        ['b.org', 80],
      ] as const) {
        expect(allowsHost(chain, host, port)).toBe(all((side) => allowsHost(side, host, port)))
      }
    }
  })

  it('say that nothing was taken away exactly when all that was asked for is granted', () => {
    for (const [held, asked] of triples as [Rights, Rights][]) {
      const { granted: got, removed } = narrowRights(held, { ...asked, budget: {} })
      const whole = granted(asked, { ...allRights, budget: {} })
      const isWhole = JSON.stringify({ ...got, budget: {} }) === JSON.stringify({ ...whole, budget: {} })
      expect(removed.length === 0).toBe(isWhole)
    }
  })
})

function randomRights(seed: number): Rights {
  let state = seed * 2_654_435_761
  const random = (below: number) => {
    // The xorshift of Marsaglia: the same rights in every run.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  const some = <T>(of: readonly T[]) => Array.from({ length: random(4) }, () => of[random(of.length)] as T)
  const paths = ['/', '/data', '/data/', '/data/a', '/data/a/b', '/data/a/../c', '/database', '/srv//x']
  return {
    functions: some(['*', 'fs.*', 'fs.read', 'bash', 'mcp.*', 'mcp.git.*', 'mcp.git.log', 'mcp.web.get']),
    mounts: some(paths).map((source) => ({ source, mode: random(2) === 0 ? 'ro' : 'rw' })),
    hosts: some([
      '*:*',
      '*:443',
      'a.org:*',
      'A.org:443',
      '*.a.org:443',
      '*.x.a.org:*',
      'b.org:80',
      '*.org:80',
    ]),
    budget: {
      ...(random(2) === 0 && { tokens: random(1_000) }),
      ...(random(2) === 0 && { calls: random(10) }),
    },
  }
}
