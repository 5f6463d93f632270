import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { vi } from 'vitest'
import { ownerLabel } from './container.body.js'
import { ContainerEngine } from './container.engine.js'
import { PodmanEngine } from './podman.engine.js'

const START_MS = 20_000
const GIBIBYTE = 1024 ** 3
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** What attacks call, and what they must find to be none. */
const programs =
  'sh bash cat head tail ls ln cp mv rm mkdir mkfifo mknod chmod chown touch stat wc id env sleep seq sort tr cut tee dd ' +
  'df du truncate yes true false echo printf test basename dirname readlink realpath nice nohup timeout mktemp expr grep ' +
  'sed awk find xargs perl tar hostname uname date kill getent setpriv setsid prlimit unshare nsenter mount umount chroot ' +
  'ipcs dmesg chrt ionice ps ip script swapoff pwd sha256sum base64 od git who last break'

function which(program: string): string | undefined {
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** The path, and each link on the way to what it means, relative to the root folder; folders that are links included. */
function linksOf(path: string): string[] {
  const found: string[] = []
  let at = path
  for (;;) {
    const named = join(realpathSync(dirname(at)), basename(at))
    found.push(named.slice(1))
    const next = linkTarget(named)
    if (next === undefined) return found
    at = resolve(dirname(named), next)
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

function librariesOf(program: string): string[] {
  try {
    return (
      execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(
        /\/\S+/g,
      ) ?? []
    )
  } catch {
    // A script.
    return []
  }
}

/** All that these programs need, relative to the root folder. */
function filesFor(paths: readonly string[]): Set<string> {
  const libraries = new Set([...paths, process.execPath].flatMap(librariesOf))
  const modules = execFileSync('perl', ['-e', 'print grep { /perl-base/ } @INC'], { encoding: 'utf8' })
  const topLevel = ['bin', 'sbin', 'lib', 'lib64'].filter((name) => linkTarget(`/${name}`) !== undefined)
  const files = [...paths, ...libraries].flatMap(linksOf)
  return new Set([...topLevel, ...files, ...(modules === '' ? [] : [modules.slice(1)])])
}

export type EngineKind = 'docker' | 'podman'

interface Daemon {
  command: readonly string[]
  env?: Record<string, string>
  files: Record<string, string>
}

/** Where `at` says where its files lie: with everything of its own, it touches no other, no network and no firewall. */
const daemons: Record<EngineKind, (at: (name: string) => string) => Daemon> = {
  docker: (at) => ({
    command: [
      ...['dockerd', '--config-file', at('config'), '--data-root', at('data'), '--exec-root', at('exec')],
      ...[
        '--pidfile',
        at('pid'),
        '--host',
        `unix://${at('socket')}`,
        '--bridge',
        'none',
        '--log-level',
        'warn',
      ],
      ...['iptables', 'ip6tables', 'ip-forward', 'ip-masq', 'userland-proxy'].map(
        (name) => `--${name}=false`,
      ),
    ],
    // The machine's own is not ours.
    files: { config: '{}' },
  }),
  podman: (at) => ({
    command: [
      // crun refuses some machines with control groups of both versions.
      ...['podman', '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
      ...['--tmpdir', at('run'), '--network-config-dir', at('net'), '--volumepath', at('volumes')],
      ...['system', 'service', '--time', '0', `unix://${at('socket')}`],
    ],
    env: { CONTAINERS_CONF: at('config'), CONTAINERS_STORAGE_CONF: at('storage'), TMPDIR: at('') },
    files: {
      config: `[containers]\ninit_path="${which('catatonit') ?? ''}"\n[engine]\nlock_type="file"\n`,
      storage: `[storage]\ndriver="overlay"\ngraphroot="${at('data')}"\nrunroot="${at('exec')}"\n`,
    },
  }),
}

const needed: Record<EngineKind, readonly string[]> = {
  docker: ['dockerd', 'containerd', 'runc', 'docker-init'],
  podman: ['podman', 'conmon', 'runc', 'catatonit'],
}

/** Why there can be no engine of our own here; undefined when there can. */
export function whyNoEngine(kind: EngineKind): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start one'
  if (!mayMount()) return 'it has to mount, which this root may not'
  const missing = needed[kind].filter((program) => which(program) === undefined)
  return missing.length > 0 ? `${missing.join(', ')}: not installed` : undefined
}

/** Root in a container usually lacks CAP_SYS_ADMIN (21). */
function mayMount(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const hasControlGroups = / \/sys\/fs\/cgroup /.test(readFileSync('/proc/mounts', 'utf8'))
  const isPrivileged = effective !== undefined && (BigInt(`0x${effective}`) & (1n << 21n)) !== 0n
  return isPrivileged && hasControlGroups
}

/** An image is some hundred megabytes, which a disk would have to take and to forget. */
function ramFolder(): string {
  if (!existsSync('/dev/shm')) return tmpdir()
  const { bavail, bsize } = statfsSync('/dev/shm')
  return bavail * bsize >= GIBIBYTE ? '/dev/shm' : tmpdir()
}

/** A container engine that is there for one test only. */
export class PrivateEngine {
  static readonly image = 'guildhall-test:latest'
  readonly #daemon: ChildProcess
  #log = ''

  private constructor(
    private readonly kind: EngineKind,
    readonly folder: string,
  ) {
    const at = (name: string): string => join(folder, name)
    const { command, env, files } = daemons[kind](at)
    for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content)
    const [program = '', ...args] = command
    this.#daemon = spawn(program, args, {
      cwd: folder,
      env: { PATH: folders.join(':'), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#daemon.stderr?.on(
      'data',
      (text: Buffer) => (this.#log = (this.#log + text.toString()).slice(-4_000)),
    )
  }

  static async start(kind: EngineKind): Promise<PrivateEngine> {
    const engine = new PrivateEngine(kind, mkdtempSync(join(ramFolder(), 'sandbox-engine-')))
    try {
      await vi.waitUntil(() => engine.#isReady(), { timeout: START_MS, interval: 20 })
      await engine.#importImage()
      return engine
    } catch (error) {
      await engine.stop()
      throw new Error(`${kind} does not start: ${engine.#log}`, { cause: error })
    }
  }

  get socketPath(): string {
    return join(this.folder, 'socket')
  }

  get api(): ContainerEngine {
    return this.kind === 'podman' ? new PodmanEngine(this.socketPath) : new ContainerEngine(this.socketPath)
  }

  /** How many it has, running or not. */
  async containers(): Promise<number> {
    return (await this.api.labelled(ownerLabel)).size
  }

  #isReady(): Promise<boolean> {
    return this.api.facts().then(
      () => true,
      () => false,
    )
  }

  async stop(): Promise<void> {
    if (this.#daemon.exitCode === null && this.#daemon.signalCode === null) {
      this.#daemon.kill('SIGTERM')
      await once(this.#daemon, 'exit')
    }
    // What it mounted and did not unmount.
    const mounts = readFileSync('/proc/self/mounts', 'utf8').match(/^\S+ \S+/gm) ?? []
    for (const path of mounts.map((line) => line.split(' ')[1] ?? '').reverse())
      if (path.startsWith(`${this.folder}/`)) execFileSync('umount', ['-l', path])
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** An image of this machine's own programs: there is no registry to ask. */
  async #importImage(): Promise<void> {
    const node = realpathSync(process.execPath)
    const tar = spawn(
      'tar',
      ['-c', '-C', '/', '--transform', `s,^${node.slice(1)}$,usr/local/bin/node,`, '-T', '-'],
      {
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    )
    tar.stdin.end(
      [...filesFor(programs.split(' ').flatMap((name) => which(name) ?? [])), node.slice(1)].join('\n'),
    )
    const [repo, tag] = PrivateEngine.image.split(':')
    const asked = request({
      socketPath: this.socketPath,
      method: 'POST',
      path: `/images/create?fromSrc=-&repo=${repo}&tag=${tag}`,
      headers: { 'content-type': 'application/x-tar' },
    })
    tar.stdout.pipe(asked)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    for await (const _ of answer);
    if (answer.statusCode !== 200) throw new Error(`the image was not imported: ${answer.statusCode}`)
  }
}
