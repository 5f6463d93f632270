import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countProcesses, newMarker } from '../call.fixture.js'
import { prepareWorkspace, removeWorkspace } from '../index.js'

const outside = [
  '/',
  '/usr',
  '/usr/local',
  '/etc',
  '/dev',
  '/run',
  '/home',
  '/var/tmp',
  '/tmp',
  '/dev/shm',
  '/opt',
]

/** A host with things worth stealing and breaking, and eyes for what was stolen or broken. */
export class VictimHost {
  /** In every attack's command line, and in no other. */
  marker = newMarker()
  readonly secret = randomBytes(12).toString('hex')
  reached: string[] = []
  readonly #servers: { close: () => unknown }[] = []
  #process: ChildProcess | undefined
  tcpPort = 0
  tcp6Port = 0
  udpPort = 0
  readonly abstractName = `victim-${randomBytes(6).toString('hex')}`

  private constructor(readonly folder: string) {}

  static async create(): Promise<VictimHost> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'sandbox-test-')))
    const host = new VictimHost(folder)
    // Only the sandbox, not a mode, may keep attackers out.
    await chmod(folder, 0o755)
    await mkdir(host.yard, { mode: 0o777 })
    await chmod(host.yard, 0o777)
    writeFileSync(host.secretFile, host.secret, { mode: 0o644 })
    writeFileSync(host.sharedMemory, host.secret, { mode: 0o644 })
    await host.#listen()
    host.#startProcess()
    return host
  }

  /** Writable for all. */
  get yard(): string {
    return join(this.folder, 'yard')
  }

  get secretFile(): string {
    return join(this.folder, 'secret')
  }

  get sharedMemory(): string {
    return `/dev/shm/${this.abstractName}`
  }

  get socket(): string {
    return join(this.yard, 'socket')
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** A new workspace, and a new marker. */
  async nextWorkspace(): Promise<string> {
    this.marker = newMarker()
    this.reached = []
    const path = join(this.folder, `workspace-${this.marker}`)
    await prepareWorkspace(path)
    return path
  }

  /** What an attack did, whichever it was; the host is whole again afterwards. */
  findDamage(output: string): string[] {
    const found = this.reached.map((listener) => `reached the ${listener} listener`)
    if (output.includes(this.secret)) found.push('read the secret')
    for (const name of readdirSync(this.yard).filter((name) => name !== 'socket')) {
      found.push(`wrote ${name} into a folder of the host`)
      execFileSync('rm', ['-rf', join(this.yard, name)])
    }
    for (const path of outside.map((folder) => join(folder, `mark-${this.marker}`)))
      if (existsSync(path)) found.push(`wrote ${path}`)
    if (readFileSync(this.secretFile, 'utf8') !== this.secret) found.push('changed the secret')
    if (this.#process?.exitCode !== null || this.#process.signalCode !== null) {
      found.push('killed a process of the host')
      this.#startProcess()
    }
    const survivors = countProcesses(this.marker)
    if (survivors > 0) found.push(`${survivors} processes live on`)
    return found
  }

  async remove(): Promise<void> {
    for (const server of this.#servers) server.close()
    this.#process?.kill('SIGKILL')
    await rm(this.sharedMemory, { force: true })
    await removeWorkspace(this.folder)
  }

  /** It holds the secret in its environment and in its memory. */
  #startProcess(): void {
    const script = `$held = reverse "${[...this.secret].reverse().join('')}"; sleep 1 while 1`
    this.#process = spawn('perl', ['-e', script], { stdio: 'ignore', env: { VICTIM: this.secret } })
  }

  async #listen(): Promise<void> {
    const server = (name: string): Server => {
      const made = createServer((socket) => {
        this.reached.push(name)
        socket.on('error', () => undefined).end(this.secret)
      })
      this.#servers.push(made)
      return made
    }
    const [tcp, tcp6, path, abstract] = [server('TCP'), server('IPv6'), server('Unix'), server('abstract')]
    tcp.listen(0, '127.0.0.1')
    path.listen(this.socket)
    abstract.listen(`\0${this.abstractName}`)
    const udp = createSocket('udp4', () => this.reached.push('UDP')).bind(0, '127.0.0.1')
    this.#servers.push(udp)
    await Promise.all([tcp, path, abstract, udp].map((one) => once(one, 'listening')))
    await chmod(this.socket, 0o777)
    this.tcpPort = (tcp.address() as AddressInfo).port
    this.udpPort = udp.address().port
    // A machine may have no IPv6; then nobody listens where the attack knocks.
    const isListening = once(tcp6, 'listening').then(
      () => true,
      () => false,
    )
    tcp6.listen(0, '::1')
    this.tcp6Port = (await isListening) ? (tcp6.address() as AddressInfo).port : this.tcpPort
  }
}

/** Files below the workspace that would run as root on the host. */
export function setuidRootFiles(workspace: string): string[] {
  return readdirSync(workspace).filter((name) => {
    const { uid, mode } = lstatSync(join(workspace, name))
    return uid === 0 && (mode & 0o6000) !== 0
  })
}
