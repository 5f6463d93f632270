import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import type { Attack } from './attack.fixture.js'

const MEBIBYTE = 2 ** 20

const usedBytes = (workspace: string): number =>
  Number(execFileSync('du', ['-sk', workspace], { encoding: 'utf8' }).split('\t')[0]) * 1024

export const resourceAttacks: readonly Attack[] = [
  {
    name: 'forks as often as it can',
    script: ({ marker }) =>
      `perl -e '$0 = "f${marker}"; for (1 .. 400) { $p = fork // last; $p or sleep(20), exit; $n++ } print "MADE $n\\n"; sleep 1'`,
    limits: { processes: 60 },
    ending: ['processes', 'exited'],
    betrays: /MADE (6\d|[7-9]\d|\d{3})/,
  },
  {
    name: 'takes memory in many processes that are each small enough',
    script: ({ marker }) =>
      `for i in 1 2 3 4 5 6; do perl -e '$0 = "m${marker}"; $x = "y" x (60 << 20); print "HELD\\n"; sleep 3' & done; wait`,
    limits: { memoryBytes: 150 * MEBIBYTE },
    ending: ['memory'],
    betrays: /(HELD\s+){4}/,
  },
  {
    name: 'hides memory in the temporary folders',
    script: () =>
      'for d in /tmp /dev/shm /dev / /run; do head -c 40M /dev/zero >$d/fill 2>/dev/null; stat -c "SIZE %s" $d/fill; done',
    limits: { tmpBytes: 8 * MEBIBYTE, shmBytes: 4 * MEBIBYTE },
    betrays: /SIZE ([1-9]\d{7,}|9)/,
    shows: /SIZE 4194304/,
  },
  {
    name: 'writes one endless file',
    script: () => 'cat /dev/zero >big; ls -s',
    limits: { fileBytes: 5 * MEBIBYTE },
    ending: ['exited', 'signaled'],
    damage: (_, workspace) =>
      usedBytes(workspace) > 6 * MEBIBYTE ? 'the file grew past its limit' : undefined,
  },
  {
    name: 'fills the disk with many files',
    script: () => 'i=0; while i=$((i + 1)); do head -c 2M /dev/zero >f$i; done',
    limits: { workspaceBytes: 48 * MEBIBYTE },
    ending: ['workspace'],
    damage: (_, workspace) =>
      usedBytes(workspace) > 96 * MEBIBYTE ? 'the workspace holds twice its limit' : undefined,
  },
  {
    name: 'fills the disk with files that it deletes and keeps open',
    script: () =>
      `perl -e 'for (1 .. 40) { open $f[$_], ">", "x"; unlink "x"; syswrite $f[$_], "y" x (2 << 20) } sleep 5'`,
    limits: { workspaceBytes: 24 * MEBIBYTE },
    ending: ['workspace'],
  },
  {
    name: 'makes more files than there may be',
    script: () => `perl -e 'for (1 .. 60000) { open F, ">", "e$_" or last }'; sleep 5`,
    limits: { workspaceEntries: 1_000 },
    ending: ['workspace'],
    damage: (_, workspace) =>
      readdirSync(workspace).length > 20_000 ? `${readdirSync(workspace).length} files` : undefined,
  },
  {
    name: 'says more than anybody can hear',
    script: ({ marker }) => `yes ${marker}`,
    limits: { outputBytes: 200_000 },
    ending: ['output'],
  },
  {
    name: 'floods both streams at once, without a line end',
    script: () => 'cat /dev/zero >&2 & cat /dev/zero',
    limits: { outputBytes: 200_000 },
    ending: ['output'],
  },
  {
    name: 'spins',
    script: () => 'while :; do :; done',
    limits: { wallMs: 500 },
    ending: ['wall-time'],
  },
  {
    name: 'waits for what never comes',
    script: ({ marker }) => `mkfifo f${marker}; cat f${marker}`,
    limits: { wallMs: 300 },
    ending: ['wall-time'],
  },
  {
    name: 'closes its output and stays',
    script: ({ marker }) => `exec >/dev/null 2>&1 </dev/null; exec sleep ${marker}`,
    limits: { wallMs: 300 },
    ending: ['wall-time'],
  },
  {
    name: 'keeps its output open after its end',
    script: ({ marker }) => `sleep ${marker} & echo ended`,
    shows: /ended/,
  },
  {
    name: 'opens files until there are none',
    script: () => `perl -e '1 while open $f[$n++], "<", "/dev/null"; print "OPEN $n\\n"'`,
    limits: { openFiles: 50 },
    betrays: /OPEN (5[1-9]|[6-9]\d|\d{3})/,
  },
  {
    name: 'makes a tree too deep to be named',
    script: () => `perl -e '$n = "d" x 200; for (1 .. 3000) { mkdir $n or last; chdir $n or last }'; sleep 1`,
    ending: ['workspace', 'exited'],
  },
  {
    name: 'leaves a core dump',
    script: () => 'ulimit -c unlimited; bash -c "kill -SEGV \\$\\$"; ls',
    betrays: /core/,
  },
]
