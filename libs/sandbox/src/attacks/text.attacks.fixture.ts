import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Attack } from './attack.fixture.js'

/** Attacks on whoever handles arguments, names and variables. */
export const textAttacks: readonly Attack[] = [
  {
    name: 'has variables that shells run',
    files: { 'rc.sh': 'echo RAN-INSIDE\n' },
    request: ({ yard }) => ({
      env: {
        BASH_ENV: '/workspace/rc.sh',
        ENV: '/workspace/rc.sh',
        PROMPT_COMMAND: `touch ${yard}/a`,
        PS4: `$(touch ${yard}/b)`,
      },
    }),
    script: () => 'set -x; true; echo end',
    shows: /end/,
  },
  {
    name: 'has variables that programs of the executor obey',
    files: { 'hook.cjs': 'require("fs").writeFileSync("/workspace/ran", "")' },
    request: ({ yard }) => ({
      env: {
        NODE_OPTIONS: '--require /workspace/hook.cjs',
        PERL5OPT: `-e'system("touch ${yard}/c")'`,
        PATH: '/workspace:/usr/bin:/bin',
        IFS: '/',
        TMPDIR: '/workspace',
        HOME: '/proc',
      },
    }),
    script: () => 'echo end',
    shows: /end/,
    damage: (_, workspace) => (existsSync(join(workspace, 'ran')) ? 'a hook ran in a launcher' : undefined),
  },
  {
    name: 'has values that look like options and commands',
    request: ({ yard }) => ({
      env: { A: '--bind / /', B: `$(touch ${yard}/d)\n--share-net`, C: '`id`;\\"\'' },
    }),
    script: () => 'printf "%s|%s|%s" "$A" "$B" "$C"; ls -d /home/* /root 2>/dev/null | sed "s/^/HOST /"',
    shows: /^--bind \/ \/\|\$\(touch .*\)\n--share-net\|`id`;\\"'/,
    betrays: /HOST/,
  },
  {
    name: 'has file names that look like options and commands',
    files: { '-n': '1;', 'a b;c': '2;', '$(id)': '3;', '--help': '4;' },
    script: () => 'for f in *; do printf "%s=" "$f"; cat -- "$f"; done',
    shows: /\$\(id\)=3;--help=4;-n=1;a b;c=2;|--help=4;-n=1;\$\(id\)=3;a b;c=2;/,
  },
]
