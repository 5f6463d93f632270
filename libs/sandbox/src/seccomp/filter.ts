import { SandboxUnavailableError } from '../sandbox.errors.js'
import { syscallTables, type SyscallTable } from './syscall-table.js'

const LOAD_WORD = 0x20
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_AT_LEAST = 0x35
const JUMP_IF_ANY_BIT = 0x45
const RETURN = 0x06

const ALLOW = 0x7fff0000
const KILL_PROCESS = 0x80000000
const failWith = (errno: number): number => 0x00050000 | errno
const EPERM = failWith(1)
const ENOSYS = failWith(38)
const EAFNOSUPPORT = failWith(97)

/**
 * Offsets into `struct seccomp_data`. Arguments are 64 bit; on both little-endian architectures the low word
 * comes first.
 */
const NUMBER = 0
const ARCH = 4
const argument = (index: number): number => 16 + 8 * index

/** CLONE_NEWTIME | NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET */
const NEW_NAMESPACE_FLAGS = 0x7e020080
const AF_UNIX = 1
const SOCKET_FAMILIES = [AF_UNIX, 2 /* INET */, 10 /* INET6 */, 16 /* NETLINK */]
/** Both push characters into a terminal. */
const TERMINAL_INJECTION = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */]
const PERSONALITIES = [0 /* PER_LINUX */, 0xffffffff /* only asks */]

const REFUSED = [
  'keyctl',
  'add_key',
  'request_key',
  'pidfd_getfd',
  'process_madvise',
  'quotactl_fd',
  'unshare',
  'setns',
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'kcmp',
  'bpf',
  'perf_event_open',
  'kexec_load',
  'kexec_file_load',
  'init_module',
  'finit_module',
  'delete_module',
  'syslog',
  'acct',
  'quotactl',
  'swapon',
  'swapoff',
  'reboot',
  'sethostname',
  'setdomainname',
  'iopl',
  'ioperm',
  'settimeofday',
  'clock_settime',
  'clock_adjtime',
  'open_by_handle_at',
  'mbind',
  'set_mempolicy',
  'set_mempolicy_home_node',
  'migrate_pages',
  'move_pages',
  'fanotify_init',
  'uselib',
  'ustat',
  'sysfs',
  'vhangup',
  'modify_ldt',
  'lookup_dcookie',
  'nfsservctl',
]

// "Not implemented" where programs fall back to an older call. clone3 hides its flags behind a pointer that a
// filter cannot follow. memfd_create, mq_open and shmget give memory that no process maps, which the
// memory poll cannot see.
const UNIMPLEMENTED = [
  'clone3',
  'open_tree',
  'open_tree_attr',
  'move_mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'userfaultfd',
  'memfd_secret',
  'memfd_create',
  'mq_open',
  'shmget',
]

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number]

const load = (offset: number): Instruction => [LOAD_WORD, 0, 0, offset]
const answer = (verdict: number): Instruction => [RETURN, 0, 0, verdict]

/** `body` must end in answers on every path: the accumulator no longer holds the number after it. */
const onSyscall = (number: number | undefined, body: readonly Instruction[]): Instruction[] =>
  number === undefined ? [] : [[JUMP_IF_EQUAL, 0, body.length, number], ...body]

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
    ...REFUSED.flatMap((name) => onSyscall(numbers[name], [answer(EPERM)])),
    ...UNIMPLEMENTED.flatMap((name) => onSyscall(numbers[name], [answer(ENOSYS)])),
    ...onSyscall(numbers['clone'], [
      load(argument(0)),
      [JUMP_IF_ANY_BIT, 0, 1, NEW_NAMESPACE_FLAGS],
      answer(EPERM),
      answer(ALLOW),
    ]),
    ...onSyscall(numbers['socket'], onlyWhen(0, SOCKET_FAMILIES, EAFNOSUPPORT)),
    ...onSyscall(numbers['socketpair'], onlyWhen(0, [AF_UNIX], EAFNOSUPPORT)),
    // The kernel looks at 32 bits of the request only, so the low word decides (CVE-2019-10063).
    ...onSyscall(numbers['ioctl'], exceptWhen(1, TERMINAL_INJECTION, EPERM)),
    ...onSyscall(numbers['personality'], onlyWhen(0, PERSONALITIES, EPERM)),
    answer(ALLOW),
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
