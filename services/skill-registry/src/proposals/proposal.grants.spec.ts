import { askedRights, grantedRights, narrowRights, rightsOfAgent } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { proposedGrants } from './proposal.grants.js'

const requesters = grantedRights({
  functions: ['*'],
  mounts: [{ source: '/data', mode: 'rw' }],
  hosts: ['*.example.com:443'],
  budget: { tokens: 1_000 },
})

describe('what a proposed agent may mount and reach', () => {
  it('is what its requester holds, where its functions have a use for it', () => {
    const { mounts, hosts } = requesters
    expect(proposedGrants(['bash', 'http.fetch'], requesters)).toEqual({ mounts, hosts })
    expect(proposedGrants(['bash', 'fs.read'], requesters)).toEqual({ mounts, hosts: [] })
    expect(proposedGrants(['http.fetch', 'ask.person'], requesters)).toEqual({ mounts: [], hosts })
    expect(proposedGrants([], requesters)).toEqual({ mounts: [], hosts: [] })
  })

  it('is never more than was left over two delegations, whatever was asked for on the way', () => {
    const first = narrowRights(
      requesters,
      askedRights({ mounts: [{ source: '/data/in', mode: 'rw' }], hosts: ['a.example.com:443', 'b.org:80'] }),
    ).granted
    const second = narrowRights(
      first,
      askedRights({
        mounts: [{ source: '/', mode: 'ro' }],
        hosts: ['*:*'],
        functions: ['fs.*', 'http.fetch'],
      }),
    ).granted
    const grants = proposedGrants(['fs.read', 'http.fetch'], second)
    expect(grants).toEqual({ mounts: [{ source: '/data/in', mode: 'ro' }], hosts: ['a.example.com:443'] })
    const agents = rightsOfAgent({ functions: ['fs.read', 'http.fetch'], grants })
    for (const held of [requesters, first, second]) expect(narrowRights(held, agents).removed).toEqual([])
    expect(narrowRights(second, agents).granted.budget, 'its runs have what the task has left').toEqual({
      tokens: 1_000,
    })
  })
})
