import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readArtifact } from '../index.js'
import { type Attack, anyAllowed, syscall, tries } from './attack.fixture.js'
import { setuidRootFiles } from './victim.fixture.js'

/** What the host's collector returns for the file that the attacker left as its result. */
async function collect(workspace: string, isFine: (bytes: Buffer) => boolean): Promise<string | undefined> {
  const got = await readArtifact(workspace, 'result', 4096).catch(() => undefined)
  return got === undefined || isFine(got.bytes) ? undefined : 'the collector was deceived'
}

export const fileAttacks: readonly Attack[] = [
  {
    name: 'climbs out of the workspace by dots',
    script: ({ secretFile }) => `cd /workspace; cat ../../../../../..${secretFile} /tmp/../..${secretFile}`,
  },
  {
    name: 'goes round through links it made',
    script: ({ secretFile, folder }) =>
      `ln -s ${secretFile} a; ln -s ${folder} b; ln -s / c; cat a b/secret c${secretFile}; echo x >b/yard/x; echo x >c${folder}/yard/y`,
  },
  {
    name: 'goes round through the root and current folders of other processes',
    script: ({ secretFile, pid }) =>
      `for p in 1 self thread-self $PPID ${pid}; do cat /proc/$p/root${secretFile} /proc/$p/cwd/../secret; ls /proc/$p/task/*/root${secretFile}; done`,
  },
  {
    name: 'gives files of the host a second name',
    script: ({ secretFile, folder }) =>
      `${tries('ln /usr/bin/env stolen')}; ${tries(`ln ${secretFile} stolen2`)}; ${tries(`ln -P /opt/node/bin/node ${folder}/yard/n`)}`,
    betrays: /DONE/,
  },
  {
    name: 'writes wherever it can',
    script: ({ marker, yard }) =>
      `for d in / /usr /usr/local /usr/bin /etc /dev /run /home /opt /opt/node/bin /var/tmp /proc /sys /skills /mnt ${yard}; do echo x >$d/mark-${marker}; mkdir $d/mark-${marker}; done 2>/dev/null; ls -d /usr/mark-* /etc/mark-* /mark-*`,
    betrays: /mark-/,
  },
  {
    name: 'changes the programs that everybody uses',
    script: () =>
      `${tries('echo >>/opt/node/bin/node')}; ${tries('echo >>/usr/bin/bash')}; ${tries('chmod 777 /usr/bin/env')}; ${tries('echo >>/proc/self/exe')}; ${tries('mv /usr/bin/env /usr/bin/env2')}; ${tries('echo >>/etc/passwd')}`,
    betrays: /DONE/,
  },
  {
    name: 'mounts, unmounts and mounts anew',
    script: () =>
      `mkdir m; ${tries('mount --bind / m')}; ${tries('mount -o remount,rw /usr')}; ${tries('umount -l /proc')}; ${tries('umount -l /workspace')}; ${syscall('mount', '$z', '$z', '$z', '4096', '0')}; ${syscall('fsopen', '$z', '0')}; ${syscall('open_tree', '-100', '$z', '1')}; ${syscall('move_mount', '-1', '$z', '-1', '$z', '0')}`,
    betrays: new RegExp(`DONE|${anyAllowed.source}`, 'm'),
  },
  {
    name: 'makes namespaces of its own to be root in',
    script: () =>
      `${tries('unshare -Ur true')}; ${tries('unshare -Urmpf --mount-proc true')}; ${tries('unshare -n true')}; ${tries('nsenter -t 1 -m true')}; ${syscall('unshare', '0x10000000')}; ${syscall('setns', '0', '0')}; ${syscall('clone3', '$z', '88')}; ${syscall('clone', '0x10000011', '0', '0', '0', '0')}`,
    betrays: new RegExp(`DONE|${anyAllowed.source}`, 'm'),
  },
  {
    name: 'changes its root folder',
    script: () =>
      `mkdir r; ${tries('chroot r true')}; ${syscall('chroot', '$z')}; ${syscall('pivot_root', '$z', '$z')}`,
    betrays: new RegExp(`DONE|${anyAllowed.source}`, 'm'),
  },
  {
    name: 'makes device nodes, and looks for real ones',
    script: () =>
      `${tries('mknod d b 8 0')}; ${tries('mknod k c 1 2')}; ${tries('mknod /tmp/d b 8 0')}; ls /dev | grep -E "^(sd|vd|nvme|loop|mem|kmsg|kvm|fuse|net|port|dm-)" | sed "s/^/DONE /"`,
    betrays: /DONE/,
  },
  {
    name: 'leaves a program behind that would run as root',
    script: () => 'cp /usr/bin/env e; chmod 4755 e; chown 0:0 e; chmod 6777 e; ls -l e',
    shows: /e\n/,
    damage: (_, workspace) => setuidRootFiles(workspace)[0],
  },
  {
    name: 'opens files by their handles',
    script: () => syscall('open_by_handle_at', '0', '$z', '0'),
    betrays: anyAllowed,
  },
  {
    name: 'looks into the shared memory and temporary files of the host',
    script: ({ sharedMemory, marker }) =>
      `cat ${sharedMemory}; ls -A /dev/shm /tmp; echo x >/dev/shm/mark-${marker}`,
    betrays: /victim-|sandbox-/,
  },
  {
    name: 'changes, moves and removes what is protected',
    files: { '.git/hooks/pre-commit': 'ours', '.git/config': 'theirs', '.env': 'ours' },
    request: () => ({ protect: ['.git/hooks', '.env'] }),
    script: () =>
      'echo x >>.git/hooks/pre-commit; echo x >.git/hooks/new; rm -rf .git/hooks; mv .git/hooks h; mv .git g; rm -rf .git; ln -sfn /tmp .git; echo x >.env; mv .env e; rm -f .env; echo y >.git/config; cat .git/config',
    shows: /^y$/m,
    damage: (_, workspace) => {
      const at = (path: string) => readFileSync(join(workspace, path), 'utf8')
      return at('.git/hooks/pre-commit') + at('.env') === 'oursours' ? undefined : 'an island was changed'
    },
  },
  {
    name: 'answers with a link to a secret',
    script: ({ secretFile }) => `ln -s ${secretFile} result; ls`,
    shows: /result/,
    damage: (host, workspace) => collect(workspace, (bytes) => !bytes.includes(host.secret)),
  },
  {
    name: 'answers through a linked folder',
    script: ({ folder }) => `ln -s ${folder} out; ls`,
    shows: /out/,
    damage: (_, workspace) =>
      readArtifact(workspace, 'out/secret', 100).then(
        () => 'the collector was deceived',
        () => undefined,
      ),
  },
  {
    name: 'answers with a FIFO that nobody writes to',
    script: () => 'mkfifo result; ls',
    shows: /result/,
    damage: (_, workspace) => collect(workspace, () => false),
  },
  {
    name: 'answers with a file of 100 gigabytes that takes no space',
    script: () => 'truncate -s 8G result || truncate -s 200M result; ls',
    limits: { fileBytes: 300 * 2 ** 20 },
    damage: (_, workspace) => collect(workspace, (bytes) => bytes.length <= 4096),
  },
]
