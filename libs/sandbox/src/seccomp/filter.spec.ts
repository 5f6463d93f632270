import { describe, expect, it } from 'vitest'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { interpretFilter } from './filter.fixture.js'
import { buildSeccompFilter } from './filter.js'
import { syscallTables } from './syscall-table.js'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const errno = (code: number): number => 0x00050000 | code
const [EPERM, ENOSYS, EAFNOSUPPORT] = [errno(1), errno(38), errno(97)]

describe.each(['x64', 'arm64'])('the seccomp filter for %s', (arch) => {
  const table = syscallTables[arch]!
  const program = buildSeccompFilter(arch)
  const verdict = (name: string, ...args: bigint[]): number =>
    interpretFilter(program, table.numbers[name] ?? Number.NaN, table.auditArch, args)

  it('lets ordinary calls through', () => {
    const read = arch === 'x64' ? 0 : 63
    const execve = arch === 'x64' ? 59 : 221
    for (const number of [read, execve]) expect(interpretFilter(program, number, table.auditArch)).toBe(ALLOW)
  })

  it.each([
    'keyctl',
    'add_key',
    'unshare',
    'setns',
    'mount',
    'umount2',
    'ptrace',
    'bpf',
    'pidfd_getfd',
    'kexec_load',
  ])('refuses %s', (name) => expect(verdict(name)).toBe(EPERM))

  it.each(['clone3', 'io_uring_setup', 'fsopen', 'memfd_create', 'mq_open', 'shmget', 'userfaultfd'])(
    'hides %s',
    (name) => expect(verdict(name)).toBe(ENOSYS),
  )

  it('lets clone start threads and processes but no namespaces', () => {
    expect(verdict('clone', 0x11n)).toBe(ALLOW)
    expect(verdict('clone', 0x3d0f00n)).toBe(ALLOW)
    for (const flag of [
      0x20000n,
      0x02000000n,
      0x04000000n,
      0x08000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ])
      expect(verdict('clone', flag | 0x11n), `flag 0x${flag.toString(16)}`).toBe(EPERM)
  })

  it('opens UNIX, IPv4, IPv6 and netlink sockets only', () => {
    for (const family of [1n, 2n, 10n, 16n]) expect(verdict('socket', family)).toBe(ALLOW)
    for (const family of [17n /* packet */, 38n /* alg */, 40n /* vsock */, 0n])
      expect(verdict('socket', family)).toBe(EAFNOSUPPORT)
    expect(verdict('socketpair', 1n)).toBe(ALLOW)
    expect(verdict('socketpair', 38n)).toBe(EAFNOSUPPORT)
  })

  it('refuses terminal injection also when the upper half of the request is set', () => {
    for (const request of [0x5412n, 0x541cn, 0xffffffff00005412n])
      expect(verdict('ioctl', 0n, request)).toBe(EPERM)
    expect(verdict('ioctl', 0n, 0x5401n)).toBe(ALLOW)
  })

  it('keeps the personality as it is', () => {
    expect(verdict('personality', 0n)).toBe(ALLOW)
    expect(verdict('personality', 0xffffffffn)).toBe(ALLOW)
    expect(verdict('personality', 0x0040000n)).toBe(EPERM)
  })

  it('kills a call of a foreign architecture', () => {
    expect(interpretFilter(program, 1, 0x40000003)).toBe(KILL)
  })

  it('has jumps that stay inside the program', () => {
    for (let at = 0; at < program.length; at += 8)
      for (const offset of [2, 3]) {
        if ([0x15, 0x35, 0x45].includes(program.readUInt16LE(at)))
          expect(at + 8 + 8 * program.readUInt8(at + offset)).toBeLessThan(program.length)
      }
  })
})

describe('the seccomp filter', () => {
  it('hides the x32 calls on x64', () => {
    expect(
      interpretFilter(buildSeccompFilter('x64'), 0x40000000 + 41, syscallTables['x64']!.auditArch, [1n]),
    ).toBe(ENOSYS)
  })

  it('is refused for an architecture without a table', () => {
    expect(() => buildSeccompFilter('riscv64')).toThrow(SandboxUnavailableError)
    expect(() => buildSeccompFilter('constructor')).toThrow(SandboxUnavailableError)
  })

  it('knows a number for every call it names', () => {
    const onlyX64 = ['uselib', 'ustat', 'sysfs', 'modify_ldt', 'iopl', 'ioperm']
    const missing = Object.keys(syscallTables['x64']!.numbers).filter(
      (name) => !(name in syscallTables['arm64']!.numbers),
    )
    expect(missing.sort()).toEqual(onlyX64.sort())
  })
})
