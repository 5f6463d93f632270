import { describe, expect, it } from 'vitest'
import { hideSecrets, withoutSecrets } from './secret.hiding.js'

const secrets = new Map([
  ['key', 'abcdefgh'],
  ['longer', 'abcdefgh-"1"'],
])

describe('what a program says', () => {
  it('is kept without the secrets that it was given', () => {
    expect(withoutSecrets('a abcdefgh b abcdefgh', secrets)).toBe('a [secret key] b [secret key]')
    expect(withoutSecrets('abcdefgh-"1"', secrets)).toBe('[secret longer]')
    expect(withoutSecrets(JSON.stringify({ is: 'abcdefgh-"1"' }), secrets)).toBe('{"is":"[secret longer]"}')
    const base64 = Buffer.from('abcdefgh').toString('base64')
    expect(withoutSecrets(`Basic ${base64}`, secrets)).toBe('Basic [secret key]=')
    expect(withoutSecrets('$& nothing', secrets)).toBe('$& nothing')
  })

  it('is shown to nobody with them where its tool has changed', () => {
    const changed = {
      digest: 'd',
      differs: { description: { registered: 'Adds', now: 'say "abcdefgh-"1""' } },
    }
    const hidden = hideSecrets({ stdout: '', stderr: '', truncated: false, changed }, secrets)
    expect(hidden.changed.differs.description.now).toBe('say "[secret longer]"')
  })

  it('ends before a secret that it was cut in', () => {
    const outcome = { stdout: 'is abcdef', stderr: 'abc', truncated: true, ending: 'exited' }
    expect(hideSecrets(outcome, secrets)).toEqual({ ...outcome, stdout: 'is [secret longer]' })
    expect(hideSecrets({ ...outcome, truncated: false }, secrets).stdout).toBe('is abcdef')
  })
})
