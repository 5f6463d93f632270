import { SandboxUnavailableError } from '../sandbox.errors.js'
import {
  errno,
  NEW_NAMESPACE_FLAGS,
  PERSONALITIES,
  REFUSED,
  SOCKET_FAMILIES,
  SOCKET_PAIR_FAMILIES,
  TERMINAL_INJECTION,
  UNIMPLEMENTED,
} from './refused-calls.js'
import { syscallTables, type SyscallTable } from './syscall-table.js'

const LOAD_WORD = 0x20
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_AT_LEAST = 0x35
const JUMP_IF_ANY_BIT = 0x45
const RETURN = 0x06

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const failWith = (code: number): number => 0x00050000 | code
const EPERM = failWith(errno.notPermitted)
const ENOSYS = failWith(errno.notImplemented)
const EAFNOSUPPORT = failWith(errno.familyNotSupported)

/**
 * Offsets into `struct seccomp_data`. Arguments are 64 bit; on both little-endian architectures the low word
 * comes first.
 */
const NUMBER = 0
const ARCH = 4
const argument = (index: number): number => 16 + 8 * index

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset]
const answer = (verdict: number): Instruction => [RETURN, 0, 0, verdict]

/** What is done with one call. `body` ends in answers on every path: after it the accumulator may hold no number. */
interface Case {
  number: number
  body: readonly Instruction[]
}

/** More are told apart by halves. */
const MOST_IN_A_ROW = 3

/**
 * A search by halves: the kernel tries the whole program with every number when it is loaded, for each call of a
 * function anew.
 *
 * @param cases in order of their numbers
 */
function search(cases: readonly Case[]): Instruction[] {
  if (cases.length <= MOST_IN_A_ROW)
    return [
      ...cases.flatMap(({ number, body }): Instruction[] => [
        [JUMP_IF_EQUAL, 0, body.length, number],
        ...body,
      ]),
      answer(ALLOW),
    ]
  const middle = cases.length >> 1
  const [below, above] = [search(cases.slice(0, middle)), search(cases.slice(middle))]
  return [[JUMP_IF_AT_LEAST, below.length, 0, cases[middle]!.number], ...below, ...above]
}

const onlyWhen = (index: number, values: readonly number[], otherwise: number): Instruction[] => [
  load(argument(index)),
  ...values.map((value, at): Instruction => [JUMP_IF_EQUAL, values.length - at, 0, value]),
  answer(otherwise),
  answer(ALLOW),
]

const exceptWhen = (index: number, values: readonly number[], refusal: number): Instruction[] => [
  load(argument(index)),
  ...values.map((value, at): Instruction => [JUMP_IF_EQUAL, values.length - at, 0, value]),
  answer(ALLOW),
  answer(refusal),
]

function casesOf(numbers: SyscallTable['numbers']): Case[] {
  const bodies: readonly (readonly [name: string, body: readonly Instruction[]])[] = [
    ...REFUSED.map((name) => [name, [answer(EPERM)]] as const),
    ...UNIMPLEMENTED.map((name) => [name, [answer(ENOSYS)]] as const),
    [
      'clone',
      [load(argument(0)), [JUMP_IF_ANY_BIT, 0, 1, NEW_NAMESPACE_FLAGS], answer(EPERM), answer(ALLOW)],
    ],
    ['socket', onlyWhen(0, SOCKET_FAMILIES, EAFNOSUPPORT)],
    ['socketpair', onlyWhen(0, SOCKET_PAIR_FAMILIES, EAFNOSUPPORT)],
    // The kernel looks at 32 bits of the request only, so the low word decides (CVE-2019-10063).
    ['ioctl', exceptWhen(1, TERMINAL_INJECTION, EPERM)],
    ['personality', onlyWhen(0, PERSONALITIES, EPERM)],
  ]
  return bodies
    .flatMap(([name, body]) => {
      const number = numbers[name]
      return number === undefined ? [] : [{ number, body }]
    })
    .sort((one, other) => one.number - other.number)
}

function instructions({ auditArch, foreignAbiFrom, numbers }: SyscallTable): Instruction[] {
  return [
    load(ARCH),
    [JUMP_IF_EQUAL, 1, 0, auditArch],
    // A 32-bit call has other numbers and would pass every rule below.
    answer(KILL_PROCESS),
    load(NUMBER),
    ...(foreignAbiFrom === undefined
      ? []
      : ([[JUMP_IF_AT_LEAST, 0, 1, foreignAbiFrom], answer(ENOSYS)] satisfies Instruction[])),
    ...search(casesOf(numbers)),
  ]
}

/**
 * The seccomp program (`struct sock_filter[]`, little endian) that refuses what namespaces do not cover: the
 * kernel keyring, io_uring, new namespaces, mounts, tracing, odd socket families, terminal injection. After
 * flatpak's blocklist.
 *
 * @param arch as in `process.arch`: x64 or arm64
 * @throws SandboxUnavailableError for any other architecture: running without a filter is no option.
 */
export function buildSeccompFilter(arch: string): Buffer {
  const table = Object.hasOwn(syscallTables, arch) ? syscallTables[arch] : undefined
  if (table === undefined)
    throw new SandboxUnavailableError(`There is no seccomp filter for the architecture ${arch}`)
  const program = instructions(table)
  const bytes = Buffer.alloc(program.length * 8)
  program.forEach(([code, ifTrue, ifFalse, operand], index) => {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4)
  })
  return bytes
}
