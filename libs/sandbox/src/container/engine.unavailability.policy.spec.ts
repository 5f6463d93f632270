import { describe, expect, it } from 'vitest'
import { explainEngine, explainImage, judgeTrial } from './engine.unavailability.policy.js'

const facts = {
  osType: 'linux',
  securityOptions: ['name=seccomp,profile=default'],
  boundsMemory: true,
  boundsProcesses: true,
}
const trial = {
  ending: 'exited' as const,
  exitCode: 0,
  stdout: 't0ken\n/usr/bin/timeout\n/usr/local/bin/node\n',
  stderr: '',
}
const expected = { image: 'i', token: 't0ken', uid: 7, writtenUid: 7 }

describe('a container engine', () => {
  it('is usable with seccomp and without mapped user ids', () => {
    expect(explainEngine(facts)).toBeUndefined()
    const options = [...facts.securityOptions, 'name=apparmor', 'name=cgroupns']
    expect(explainEngine({ ...facts, securityOptions: options })).toBeUndefined()
  })

  it.each([
    [{ osType: 'windows' }, 'windows'],
    [{ securityOptions: ['name=apparmor'] }, 'no seccomp'],
    [{ securityOptions: [...facts.securityOptions, 'name=rootless'] }, 'maps user ids'],
    [{ securityOptions: [...facts.securityOptions, 'name=userns'] }, 'maps user ids'],
  ])('with %j is refused', (over, reason) => {
    expect(explainEngine({ ...facts, ...over })).toContain(reason)
  })
})

it('refuses an image whose volumes would be writable without limit', () => {
  const image = { id: 'sha256:1', variables: [] }
  expect(explainImage('i', { ...image, hasVolumes: true })).toContain('volumes')
  expect(explainImage('i', { ...image, hasVolumes: false })).toBeUndefined()
})

describe('a trial', () => {
  it('tells where the image has timeout', () => {
    expect(judgeTrial(trial, expected)).toBe('/usr/bin/timeout')
  })

  it.each([
    ['does not run', { ending: 'sandbox-failed' as const, detail: 'no docker-init' }, {}, 'no docker-init'],
    ['has no shell', { exitCode: 127, stderr: 'sh: No such file' }, {}, 'cannot run sh'],
    ['sees another file', { stdout: 'other\n/usr/bin/timeout\n/bin/node\n' }, {}, 'does not see the folders'],
    ['writes somewhere else', {}, { writtenUid: undefined }, 'does not see the folders'],
    ['writes as somebody else', {}, { writtenUid: 100_007 }, 'maps user ids'],
    ['lacks a program', { stdout: 't0ken\n/usr/bin/timeout\n-\n' }, {}, 'lacks node'],
    ['has a builtin instead', { stdout: 't0ken\ntimeout\n/bin/node\n' }, {}, 'lacks timeout'],
  ])('that %s is refused', (_, result, over, reason) => {
    expect(() => judgeTrial({ ...trial, ...result }, { ...expected, ...over })).toThrow(reason)
  })
})
