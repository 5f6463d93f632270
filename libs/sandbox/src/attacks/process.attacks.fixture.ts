import { type Attack, anyAllowed, syscall, tries } from './attack.fixture.js'

export const processAttacks: readonly Attack[] = [
  {
    name: 'kills everything it can name',
    isRuthless: true,
    script: ({ pid }) => `kill -9 ${pid} $PPID; kill -9 -1; kill -9 1; echo still here`,
  },
  {
    name: 'reads the environment, memory and arguments of processes of the host',
    script: ({ pid }) =>
      `cat /proc/${pid}/environ /proc/${pid}/cmdline /proc/${pid}/maps; ${tries(`head -c 1 /proc/${pid}/mem`)}; ls -d /proc/[0-9]* | wc -l | sed "s/^/COUNT /"`,
    betrays: /DONE|COUNT \d{2,}/,
  },
  {
    name: 'reads what started it',
    script: () =>
      'for p in 1 $PPID $$; do tr "\\0" "\\n" </proc/$p/environ | grep -vE "^(PATH|HOME|TMPDIR|LANG|PWD|SHLVL|_|OLDPWD)="; tr "\\0" " " </proc/$p/cmdline; done; echo; cat /proc/1/mountinfo | grep -c "/sandbox-" | sed "s/^/MOUNTS /"',
    request: () => ({ env: {} }),
    betrays: /VICTIM|PASSWORD|--setenv|--bind/,
  },
  {
    name: 'traces other processes',
    script: ({ pid }) =>
      [syscall('ptrace', '16', '1', '0', '0'), syscall('ptrace', '16', String(pid), '0', '0')]
        .concat(
          syscall('process_vm_readv', '1', '$z', '1', '$z', '1', '0'),
          syscall('kcmp', '1', '2', '0', '0', '0'),
        )
        .concat(syscall('pidfd_getfd', '0', '0', '0'))
        .join('; '),
    betrays: anyAllowed,
  },
  {
    name: 'looks for rights that it should not have',
    script: () => 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status; id -u; umask',
    betrays: /^Cap\w+:\s+0*[1-9a-f]|^NoNewPrivs:\s+0|^Seccomp:\s+[01]$|^0$/m,
    shows: /^CapBnd/m,
  },
  {
    name: 'gets rights from programs that give them',
    script: () =>
      `for p in su sudo mount passwd newuidmap ping; do command -v $p; done >/dev/null; ${tries('su -c true </dev/null')}; ${tries('setpriv --reuid=0 true')}; ${tries('setpriv --inh-caps=+sys_admin --ambient-caps=+sys_admin grep -q "CapAmb.*[1-9a-f]" /proc/self/status')}`,
    betrays: /DONE/,
  },
  {
    name: 'stays behind as a daemon',
    script: ({ marker }) =>
      `setsid sleep ${marker} & (sleep ${marker} &) ; perl -e 'fork and exit; exec "sleep", "${marker}"'; nohup sleep ${marker} >/dev/null 2>&1 & disown -a; echo left`,
    shows: /left/,
  },
  {
    name: 'ignores every signal and starts itself again',
    script: ({ marker }) => `trap "" TERM INT HUP QUIT PIPE; while :; do sleep 0.${marker}; done`,
    limits: { wallMs: 400 },
    ending: ['wall-time'],
  },
  {
    name: 'finds open descriptors of the executor',
    script: () =>
      'for f in /proc/self/fd/*; do n=${f##*/}; [ $n -gt 2 ] && readlink $f; done | grep -vE "^/(proc|dev/null|workspace)" | sed "s/^/FOUND /"; for n in 3 4 5 6 7 8 9 63; do head -c 1 <&$n; done 2>/dev/null',
    betrays: /FOUND/,
  },
  {
    name: 'uses the keys of the executor',
    script: () =>
      [
        syscall('keyctl', '0', '-3', '1'),
        syscall('add_key', '$z', '$z', '$z', '1', '-3'),
        syscall('request_key', '$z', '$z', '$z', '-3'),
      ].join('; '),
    betrays: anyAllowed,
  },
  {
    name: 'uses the parts of the kernel that break often',
    script: () =>
      [
        syscall('io_uring_setup', '4', '$z'),
        syscall('bpf', '0', '$z', '72'),
        syscall('perf_event_open', '$z', '0', '-1', '-1', '0'),
        syscall('userfaultfd', '0'),
        syscall('memfd_secret', '0'),
        syscall('quotactl', '0', '$z', '0', '$z'),
        syscall('modify_ldt', '0', '$z', '16'),
        syscall('fanotify_init', '0', '0'),
        syscall('move_pages', '0', '0', '$z', '$z', '$z', '0'),
      ].join('; '),
    betrays: anyAllowed,
  },
  {
    name: 'changes what belongs to the whole machine',
    script: () =>
      `${tries('hostname "$(hostname)"')}; ${tries('date -s "$(date)"')}; ${syscall('reboot', '0', '0', '0', '0')}; ${syscall('kexec_load', '0', '0', '$z', '0')}; ${syscall('init_module', '$z', '0', '$z')}; ${syscall('swapoff', '$z')}; ${syscall('acct', '$z')}; ${syscall('syslog', '3', '$z', '64')}`,
    betrays: new RegExp(`DONE|${anyAllowed.source}`, 'm'),
  },
  {
    name: 'writes to the switches of the kernel',
    script: () =>
      `for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /proc/sys/fs/binfmt_misc/register /sys/kernel/uevent_helper; do (: >>$f) 2>/dev/null && echo DONE $f; done; find /sys -maxdepth 3 -writable 2>/dev/null | head -3 | sed "s/^/DONE /"`,
    betrays: /DONE/,
  },
  {
    name: 'reads what the kernel tells nobody',
    script: () =>
      `${tries('dmesg | grep -q .')}; ${tries('head -c 1 /proc/kcore | grep -q .')}; awk '$1 !~ /^0+$/ { print "DONE"; exit }' /proc/kallsyms 2>/dev/null; hostname`,
    betrays: /DONE/,
    shows: /^sandbox$/m,
  },
  {
    name: 'makes itself more important than others',
    script: () =>
      `${tries('echo -1000 >/proc/self/oom_score_adj')}; n=$(nice -n -15 nice 2>/dev/null); [ "$n" -lt 0 ] 2>/dev/null && echo DONE nice; ${tries('chrt -f 10 true')}; ${tries('ionice -c 1 true && false')}; ${tries('ulimit -n 1000000')}; ${tries('ulimit -u 1000000')}`,
    betrays: /DONE/,
  },
  {
    name: 'types into a terminal',
    script: () =>
      `perl -e '$c = "x"; for (0, 1, 2) { print "DONE" if ioctl(STDIN, 0x5412, $c) or $! == 25 }; ioctl(STDIN, 0x541c, $c) and print "DONE"'`,
    betrays: /DONE/,
  },
]
