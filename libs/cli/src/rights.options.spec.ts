import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { addRightsOptions, namedRights, parseBudget, type RightsOptions } from './rights.options.js'

describe('rights on a command line', () => {
  const rightsOf = (...args: string[]) => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
    addRightsOptions(command, { function: 'f', mount: 'm', host: 'h', budget: 'b' })
    return namedRights(command.parse(args, { from: 'user' }).opts<RightsOptions>())
  }

  it('are what was named, over all times that an option was given', () => {
    expect(rightsOf()).toBeUndefined()
    expect(
      rightsOf(
        '--function',
        'bash,fs.*',
        '--function',
        'x',
        '--mount',
        '/a',
        '--mount',
        '/b:rw',
        '--host',
        'a.org:1',
      ),
    ).toEqual({
      functions: ['bash', 'fs.*', 'x'],
      mounts: [
        { source: '/a', mode: 'ro' },
        { source: '/b', mode: 'rw' },
      ],
      hosts: ['a.org:1'],
    })
    expect(rightsOf('--function', '')).toEqual({ functions: [] })
    expect(() => rightsOf('--mount', 'a')).toThrow('absolute path')
  })

  it('have a budget in amounts that are named', () => {
    expect(parseBudget('tokens=50000,usd=2.5, calls=100,time=10m')).toEqual({
      tokens: 50_000,
      costUsd: 2.5,
      calls: 100,
      wallMs: 600_000,
    })
    for (const wrong of ['tokens', 'tokens=', 'tokens=1.5', 'calls=-1', 'euro=1', 'usd=x', 'time=5x']) {
      expect(() => parseBudget(wrong)).toThrow('Use')
    }
  })
})
