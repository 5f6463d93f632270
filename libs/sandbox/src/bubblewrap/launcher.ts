import { existsSync } from 'node:fs'
import { isWithin } from '../mounts.policy.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import type { BindSource } from './arguments.js'
import { isReachableBy, type PinnedSource } from './pinned-source.js'

/**
 * The command line in front of bubblewrap's own options, its environment, and how bubblewrap reaches each
 * source.
 */
export interface Launcher {
  command: string[]
  env: Record<string, string>
  sources: BindSource['from'][]
  /** The uid, and gid, under which to start the command; without other groups. Absent: as this process. */
  uid?: number
}

// A private mount namespace in which each source also appears below a folder that anybody may pass:
// bubblewrap resolves descriptors to paths, and would fail on a path below a 0700 folder of root. The path is
// entered again here, so what was mounted is compared with the descriptor that was checked. Paths come as
// variables, which no command line shows.
const STAGE = `set -e
stage=$1 holder=$2 count=$3
shift 3
names= index=0
mount -t tmpfs -o size=64k,mode=0755,nosuid,nodev sandbox "$stage"
while [ $index -lt $count ]; do
  eval "source=\\$SOURCE_$index; unset SOURCE_$index"
  target=$stage/$index
  if [ -d "/proc/$holder/fd/$1" ]; then
    mkdir "$target"
    cd "$source"
    mount --no-canonicalize --bind . "$target"
  else
    : >"$target"
    cd "\${source%/*}/"
    mount --no-canonicalize --bind "./\${source##*/}" "$target"
  fi
  [ "$target" -ef "/proc/$holder/fd/$1" ]
  shift
  index=$((index + 1))
done
cd /
unset source target PWD OLDPWD
exec "$@"
`

const launcherPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A folder that hides nothing the launch needs when it is covered, in the private mount namespace only. */
function stageFolder(needed: readonly string[]): string {
  const free = ['/mnt', '/media', '/srv', '/run', '/tmp'].find(
    (folder) => existsSync(folder) && !needed.some((path) => isWithin(path, folder)),
  )
  if (free === undefined)
    throw new SandboxUnavailableError(
      'Neither /mnt nor /media, /srv, /run or /tmp is free for staging mounts',
    )
  return free
}

/**
 * bubblewrap never runs as uid 0: it would leave /proc/sys writable inside, core_pattern among it, which is
 * root on the host. A root process therefore drops to `unprivilegedUid` first; any other starts bubblewrap as
 * itself.
 *
 * @param firstDescriptor the number under which bubblewrap inherits the first source, the others follow
 */
export function planLauncher(options: {
  bwrapPath: string
  uid: number
  unprivilegedUid: number
  sources: readonly PinnedSource[]
  firstDescriptor: number
}): Launcher {
  const { bwrapPath, uid, unprivilegedUid, sources, firstDescriptor } = options
  const env: Record<string, string> = { PATH: launcherPath }
  const inherited = sources.map((_, index) => ({ descriptor: firstDescriptor + index }))
  if (uid !== 0) return { command: [bwrapPath], env, sources: inherited }
  if (sources.every(({ path }) => isReachableBy(unprivilegedUid, path)))
    return { command: [bwrapPath], env, sources: inherited, uid: unprivilegedUid }

  const drop = [
    'setpriv',
    `--reuid=${unprivilegedUid}`,
    `--regid=${unprivilegedUid}`,
    '--clear-groups',
    '--no-new-privs',
    '--inh-caps=-all',
    '--',
    bwrapPath,
  ]
  const stage = stageFolder([bwrapPath, ...sources.map(({ path }) => path)])
  const holders = sources.map(({ descriptor }) => String(descriptor))
  const script = ['sh', '-c', STAGE, 'stage', stage, String(process.pid), String(sources.length), ...holders]
  return {
    command: ['unshare', '--mount', '--', ...script, ...drop],
    env: { ...env, ...Object.fromEntries(sources.map(({ path }, index) => [`SOURCE_${index}`, path])) },
    sources: sources.map((_, index) => ({ path: `${stage}/${index}` })),
  }
}
