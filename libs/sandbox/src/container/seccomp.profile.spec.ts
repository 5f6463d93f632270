import { describe, expect, it } from 'vitest'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { buildSeccompFilter } from '../seccomp/filter.js'
import { interpretFilter } from '../seccomp/filter.fixture.js'
import { syscallTables } from '../seccomp/syscall-table.js'
import { buildSeccompProfile, type SeccompProfile } from './seccomp.profile.js'

const ALLOW = 0x7fff0000
const refusal = (code: number): number => 0x00050000 | code

/** What libseccomp makes of the profile: any rule that matches refuses; arguments are compared in 64 bits. */
function judge({ syscalls }: SeccompProfile, name: string, args: readonly bigint[]): number {
  const hit = syscalls.find(
    ({ names, args: conditions = [] }) =>
      names.includes(name) &&
      conditions.every(({ index, op, value, valueTwo }) => {
        const given = args[index] ?? 0n
        if (op === 'SCMP_CMP_EQ') return given === BigInt(value)
        if (op === 'SCMP_CMP_GE') return given >= BigInt(value)
        return (given & BigInt(value)) === BigInt(valueTwo ?? 0)
      }),
  )
  return hit === undefined ? ALLOW : refusal(hit.errnoRet)
}

const words = [
  ...Array.from({ length: 64 }, (_, value) => BigInt(value)),
  ...Array.from({ length: 32 }, (_, bit) => 1n << BigInt(bit)),
  ...Array.from({ length: 32 }, (_, bit) => (1n << BigInt(bit)) | 0x11n),
  ...[0x3d0f00n, 0x5401n, 0x5412n, 0x541cn, 0x7fffffffn, 0xfffffffen, 0xffffffffn],
]

describe.each(['x64', 'arm64'])('the seccomp profile for %s', (arch) => {
  const table = syscallTables[arch]!
  const filter = buildSeccompFilter(arch)
  const profile = buildSeccompProfile(arch)

  it('answers every call that bubblewrap knows as bubblewrap does', () => {
    for (const [name, number] of Object.entries(table.numbers))
      for (const word of words) {
        const args = [word, word]
        const expected = interpretFilter(filter, number, table.auditArch, args)
        expect(judge(profile, name, args), `${name}(0x${word.toString(16)})`).toBe(expected)
      }
  })

  it('is deceived by no upper half of an argument', () => {
    const upper = 0xffffffff00000000n
    expect(judge(profile, 'ioctl', [0n, upper | 0x5412n])).toBe(refusal(1))
    expect(judge(profile, 'clone', [upper | 0x10000000n])).toBe(refusal(1))
    expect(judge(profile, 'personality', [upper | 0x40000n])).toBe(refusal(1))
    expect(judge(profile, 'socket', [upper | 17n])).toBe(refusal(97))
  })
})

it('is refused for an architecture without a table', () => {
  expect(() => buildSeccompProfile('riscv64')).toThrow(SandboxUnavailableError)
  expect(() => buildSeccompProfile('constructor')).toThrow(SandboxUnavailableError)
})
