/** Syscall numbers of the architectures that a filter can be built for, from the kernel's `unistd` tables. */
export interface SyscallTable {
  /** AUDIT_ARCH_* value that the kernel puts into `seccomp_data.arch`. */
  auditArch: number
  /** First number of a second ABI behind the same `auditArch` (x32), when there is one. */
  foreignAbiFrom?: number
  numbers: Readonly<Record<string, number>>
}

/** Numbers are the same on every architecture for calls added since Linux 5.1. */
const unified = {
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  clone3: 435,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  memfd_secret: 447,
  set_mempolicy_home_node: 450,
  open_tree_attr: 467,
}

// prettier-ignore
const x64: SyscallTable = {
  auditArch: 0xc000003e,
  foreignAbiFrom: 0x40000000,
  numbers: {
    ...unified,
    ioctl: 16, shmget: 29, socket: 41, socketpair: 53, clone: 56, ptrace: 101, syslog: 103, uselib: 134,
    personality: 135, ustat: 136, sysfs: 139, vhangup: 153, modify_ldt: 154, pivot_root: 155, chroot: 161, acct: 163,
    settimeofday: 164, mount: 165, umount2: 166, swapon: 167, swapoff: 168, reboot: 169, sethostname: 170,
    setdomainname: 171, iopl: 172, ioperm: 173, init_module: 175, delete_module: 176, quotactl: 179, nfsservctl: 180,
    lookup_dcookie: 212, clock_settime: 227, mbind: 237, set_mempolicy: 238, mq_open: 240, kexec_load: 246, add_key: 248,
    request_key: 249, keyctl: 250, migrate_pages: 256, unshare: 272, move_pages: 279, perf_event_open: 298,
    fanotify_init: 300, open_by_handle_at: 304, clock_adjtime: 305, setns: 308, process_vm_readv: 310,
    process_vm_writev: 311, kcmp: 312, finit_module: 313, memfd_create: 319, kexec_file_load: 320, bpf: 321,
    userfaultfd: 323,
  },
}

// prettier-ignore
const arm64: SyscallTable = {
  auditArch: 0xc00000b7,
  numbers: {
    ...unified,
    lookup_dcookie: 18, ioctl: 29, umount2: 39, mount: 40, pivot_root: 41, nfsservctl: 42, chroot: 51, vhangup: 58,
    quotactl: 60, acct: 89, personality: 92, unshare: 97, kexec_load: 104, init_module: 105, delete_module: 106,
    clock_settime: 112, syslog: 116, ptrace: 117, reboot: 142, sethostname: 161, setdomainname: 162, settimeofday: 170, mq_open: 180,
    shmget: 194, socket: 198, socketpair: 199, add_key: 217, request_key: 218, keyctl: 219, clone: 220, swapon: 224,
    swapoff: 225, mbind: 235, set_mempolicy: 237, migrate_pages: 238, move_pages: 239, perf_event_open: 241,
    fanotify_init: 262, open_by_handle_at: 265, clock_adjtime: 266, setns: 268, process_vm_readv: 270,
    process_vm_writev: 271, kcmp: 272, finit_module: 273, memfd_create: 279, bpf: 280, userfaultfd: 282,
    kexec_file_load: 294,
  },
}

export const syscallTables: Readonly<Record<string, SyscallTable>> = { x64, arm64 }
