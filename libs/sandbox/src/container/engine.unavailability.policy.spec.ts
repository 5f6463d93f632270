import { describe, expect, it } from 'vitest'
import { explainEngine, explainImage, judgeTrial } from './engine.unavailability.policy.js'

const facts = {
  osType: 'linux',
  securityOptions: ['name=seccomp,profile=default'],
  boundsMemory: true,
  boundsProcesses: true,
  podmanVersion: undefined,
}
const trial = { ending: 'exited' as const, exitCode: 0, stdout: '', stderr: '' }
const expected = { image: 'i', uid: 7, writtenUid: 7 }

describe('a container engine', () => {
  it('is usable with seccomp and without mapped user ids', () => {
    expect(explainEngine(facts)).toBeUndefined()
    const options = [...facts.securityOptions, 'name=apparmor', 'name=cgroupns']
    expect(explainEngine({ ...facts, securityOptions: options })).toBeUndefined()
    for (const podmanVersion of ['4.3.1', '4.10.0', '5.0.0-rc1'])
      expect(explainEngine({ ...facts, podmanVersion })).toBeUndefined()
  })

  it.each([
    [{ osType: 'windows' }, 'windows'],
    [{ podmanVersion: '4.2.9' }, 'at least 4.3 is needed'],
    [{ podmanVersion: '3.4.4' }, 'Podman 3.4.4'],
    [{ podmanVersion: 'unknown' }, 'Podman unknown'],
    [{ securityOptions: ['name=apparmor'] }, 'no seccomp'],
    [{ securityOptions: [...facts.securityOptions, 'name=rootless'] }, 'maps user ids'],
    [{ securityOptions: [...facts.securityOptions, 'name=userns'] }, 'maps user ids'],
  ])('with %j is refused', (over, reason) => {
    expect(explainEngine({ ...facts, ...over })).toContain(reason)
  })
})

it('refuses an image whose volumes would be writable without limit', () => {
  const image = { id: 'sha256:1' }
  expect(explainImage('i', { ...image, hasVolumes: true })).toContain('volumes')
  expect(explainImage('i', { ...image, hasVolumes: false })).toBeUndefined()
})

describe('a trial', () => {
  it('is fine when it wrote as its user and misses nothing', () => {
    expect(() => judgeTrial(trial, expected)).not.toThrow()
  })

  it.each([
    ['does not run', { ending: 'sandbox-failed' as const, detail: 'no docker-init' }, {}, 'no docker-init'],
    ['writes nothing', {}, { writtenUid: undefined }, 'belongs to uid nobody'],
    ['writes as somebody else', {}, { writtenUid: 100_007 }, 'map user ids'],
    ['ends with an error', { stdout: '', exitCode: 127, stderr: 'no sh' }, {}, 'exit 127 no sh'],
    ['lacks programs', { stdout: 'bash\nnode\n' }, {}, 'lacks bash, node, which functions need'],
  ])('that %s is refused', (_, result, over, reason) => {
    expect(() => judgeTrial({ ...trial, ...result }, { ...expected, ...over })).toThrow(reason)
  })
})
