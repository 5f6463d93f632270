import {
  errno,
  NEW_NAMESPACE_FLAGS,
  REFUSED,
  SOCKET_FAMILIES,
  SOCKET_PAIR_FAMILIES,
  TERMINAL_INJECTION,
  UNIMPLEMENTED,
} from '../seccomp/refused-calls.js'
import { syscallTables } from '../seccomp/syscall-table.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'

interface Condition {
  index: number
  op: 'SCMP_CMP_EQ' | 'SCMP_CMP_GE' | 'SCMP_CMP_MASKED_EQ'
  value: number
  /** With a mask in `value`: what has to be left. */
  valueTwo?: number
}

interface Rule {
  names: string[]
  action: 'SCMP_ACT_ERRNO'
  errnoRet: number
  args?: Condition[]
}

/** As container engines take it in `seccomp=`. */
export interface SeccompProfile {
  defaultAction: 'SCMP_ACT_ALLOW'
  architectures: string[]
  syscalls: Rule[]
}

const architectures: Readonly<Record<string, string>> = {
  x64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
}

const refuse = (names: string[], errnoRet: number, condition?: Condition): Rule => ({
  names,
  action: 'SCMP_ACT_ERRNO',
  errnoRet,
  ...(condition !== undefined && { args: [condition] }),
})

const bits = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, at) => 2 ** at).filter((bit) => (BigInt(mask) & BigInt(bit)) !== 0n)

/**
 * Everything but the values. A rule compares an argument once, so that "none of these" becomes each number between them
 * and all above.
 */
function allBut(index: number, values: readonly number[]): Condition[] {
  const above = Math.max(...values) + 1
  const between = Array.from({ length: above }, (_, value) => value).filter(
    (value) => !values.includes(value),
  )
  return [
    ...between.map((value): Condition => ({ index, op: 'SCMP_CMP_EQ', value })),
    { index, op: 'SCMP_CMP_GE', value: above },
  ]
}

/** 32-bit words that are neither all zeros nor all ones: somewhere in them a one stands beside a zero. */
function mixedWords(index: number): Condition[] {
  return Array.from({ length: 32 }, (_, at) => {
    const [one, zero] = [2 ** at, 2 ** ((at + 1) % 32)]
    return { index, op: 'SCMP_CMP_MASKED_EQ', value: one + zero, valueTwo: one }
  })
}

/**
 * The rules of bubblewrap's filter, for an engine to apply. An engine passes over a name that its own library does not
 * know yet, and kills a call of a foreign architecture.
 *
 * @param arch as in `process.arch`: x64 or arm64
 * @throws SandboxUnavailableError for any other
 */
export function buildSeccompProfile(arch: string): SeccompProfile {
  const architecture = Object.hasOwn(architectures, arch) ? architectures[arch] : undefined
  const numbers = syscallTables[arch]?.numbers
  if (architecture === undefined || numbers === undefined)
    throw new SandboxUnavailableError(`There is no seccomp filter for the architecture ${arch}`)
  const known = (names: readonly string[]): string[] => names.filter((name) => numbers[name] !== undefined)
  const when = (name: string, conditions: readonly Condition[], code: number): Rule[] =>
    conditions.map((condition) => refuse([name], code, condition))
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: [architecture],
    syscalls: [
      refuse(known(REFUSED), errno.notPermitted),
      refuse(known(UNIMPLEMENTED), errno.notImplemented),
      ...when(
        'clone',
        bits(NEW_NAMESPACE_FLAGS).map((bit) => masked(0, bit, bit)),
        errno.notPermitted,
      ),
      ...when('socket', allBut(0, SOCKET_FAMILIES), errno.familyNotSupported),
      ...when('socketpair', allBut(0, SOCKET_PAIR_FAMILIES), errno.familyNotSupported),
      // The kernel looks at 32 bits of the request only (CVE-2019-10063).
      ...when(
        'ioctl',
        TERMINAL_INJECTION.map((request) => masked(1, 0xffffffff, request)),
        errno.notPermitted,
      ),
      ...when('personality', mixedWords(0), errno.notPermitted),
    ],
  }
}

function masked(index: number, mask: number, value: number): Condition {
  return { index, op: 'SCMP_CMP_MASKED_EQ', value: mask, valueTwo: value }
}
