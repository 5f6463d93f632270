import { describe, expect, it } from 'vitest'
import { explainPlatform, explainUnavailability, isDisableUsernsFailure } from './unavailability.policy.js'

describe('an unavailable sandbox', () => {
  it.each(['cannot start: ENOENT', 'setpriv: failed to execute bwrap: No such file or directory'])(
    'asks for bubblewrap after "%s"',
    (detail) => expect(explainUnavailability(detail, {}).remedy).toBe('sudo apt-get install bubblewrap'),
  )

  it('says when its limits cannot be set', () => {
    const detail = 'sh: 1: ulimit: error setting limit (Operation not permitted)'
    expect(explainUnavailability(detail, {}).message).toContain('above those of this process')
  })

  it('names the switch that forbids user namespaces', () => {
    const detail = 'bwrap: setting up uid map: Permission denied'
    const apparmor = explainUnavailability(detail, { apparmorRestrictUnprivilegedUserns: '1' })
    expect(apparmor.remedy).toContain('kernel.apparmor_restrict_unprivileged_userns=0')
    expect(apparmor.message).toContain(apparmor.remedy)
    expect(explainUnavailability(detail, { unprivilegedUsernsClone: '0' }).remedy).toContain(
      'kernel.unprivileged_userns_clone=1',
    )
    expect(explainUnavailability(detail, { maxUserNamespaces: '0' }).remedy).toContain('max_user_namespaces')
  })

  it('keeps the message of what it does not know', () => {
    const error = explainUnavailability('bwrap: something new', {})
    expect(error.message).toContain('something new')
    expect(error.remedy).toBeUndefined()
  })

  it('tells a refused --disable-userns from other failures', () => {
    expect(
      isDisableUsernsFailure('bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system'),
    ).toBe(true)
    expect(isDisableUsernsFailure('bwrap: setting up uid map: Permission denied')).toBe(false)
  })
})

describe('an operating system', () => {
  it('other than Linux is said to be unsuitable, with what to do', () => {
    expect(explainPlatform('linux')).toBeUndefined()
    expect(explainPlatform('darwin')).toMatch(/needs Linux, not darwin.*virtual machine/)
  })
})
