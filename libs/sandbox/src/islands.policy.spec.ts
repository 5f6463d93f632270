import { describe, expect, it } from 'vitest'
import { planIslands, ProtectedWorkspaces } from './islands.policy.js'
import { InvalidMountError, InvalidRequestError } from './sandbox.errors.js'

describe('islands', () => {
  it('come with every folder above them, outermost first', () => {
    expect(planIslands(['b/c/d', 'a'])).toEqual([
      { path: 'a', mode: 'ro' },
      { path: 'b', mode: 'rw' },
      { path: 'b/c', mode: 'rw' },
      { path: 'b/c/d', mode: 'ro' },
    ])
  })

  it('inside another island add nothing, which would open that one again', () => {
    expect(planIslands(['a/b/c', 'a', 'a'])).toEqual([{ path: 'a', mode: 'ro' }])
  })

  it.each(['', '.', '..', '../x', '/x', 'a/../b', 'a//b', 'a/', './a', 'a\0'])('are refused at %j', (path) =>
    expect(() => planIslands([path])).toThrow(InvalidMountError),
  )
})

describe('a workspace with calls', () => {
  it('takes no call that protects something else, until it is idle', () => {
    const workspaces = new ProtectedWorkspaces()
    const leave = [workspaces.enter('/w', ['a', 'b']), workspaces.enter('/w', ['b', 'a', 'a'])]
    expect(() => workspaces.enter('/w', ['a'])).toThrow(InvalidRequestError)
    expect(() => workspaces.enter('/other', [])).not.toThrow()
    leave[0]?.()
    expect(() => workspaces.enter('/w', [])).toThrow(InvalidRequestError)
    leave[1]?.()
    expect(() => workspaces.enter('/w', [])).not.toThrow()
  })
})
