/** What a sandbox refuses whatever enforces it, after flatpak's blocklist: a filter or an engine's profile says it in its own language. */
export const errno = { notPermitted: 1, notImplemented: 38, familyNotSupported: 97 }

/** CLONE_NEWTIME | NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET */
export const NEW_NAMESPACE_FLAGS = 0x7e020080
const AF_UNIX = 1
export const SOCKET_FAMILIES = [AF_UNIX, 2 /* INET */, 10 /* INET6 */, 16 /* NETLINK */]
export const SOCKET_PAIR_FAMILIES = [AF_UNIX]
/** Both push characters into a terminal. */
export const TERMINAL_INJECTION = [0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */]
export const PERSONALITIES = [0 /* PER_LINUX */, 0xffffffff /* only asks */]

export const REFUSED = [
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
export const UNIMPLEMENTED = [
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
