import type { AmbientConfig } from './local-stack.config.js'
import { findProgram } from './search.path.js'
import { sha256Hex } from './secret.files.js'
import { StackError } from './stack.error.js'

/** The docker program, and the names by which the containers of one state directory are known. */
export class DockerEngine {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly label: string
  readonly #namePrefix: string
  #owner: string | undefined

  constructor(ambient: AmbientConfig, stateDir: string) {
    const program = findProgram('docker', ambient.path)
    if (program === undefined)
      throw new StackError('docker', 'docker was not found on this machine.', whatElse('Install Docker'))
    const id = sha256Hex(stateDir).slice(0, 16)
    this.program = program
    this.env = { PATH: ambient.path, HOME: ambient.home, ...ambient.docker }
    this.label = `guildhall.state=${id}`
    this.#namePrefix = `guildhall-${id}`
  }

  /** Sees that the engine answers, and how it shows this machine's files to a container. Before anything else. */
  async connect(): Promise<void> {
    // The version's exit code tells whether the engine answers, in every release of the program; that of `info` does not.
    const version = await this.command(['version', '--format', '{{.Server.Version}}'])
    if (version.failed) throw noAnswer(version.all)
    const info = await this.command(['info', '--format', '{{.OperatingSystem}} {{.SecurityOptions}}'])
    if (info.failed) throw noAnswer(info.all)
    // There root of a container is the person outside, and any other user of it is nobody who could read the files.
    const isPersonRoot = /^Docker Desktop|name=rootless/.test(info.stdout)
    this.#owner = isPersonRoot ? '0:0' : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`
  }

  get isConnected(): boolean {
    return this.#owner !== undefined
  }

  /** `uid:gid` that inside a container means the person who runs this process outside. */
  get owner(): string {
    if (this.#owner === undefined) throw new Error('the engine is not connected')
    return this.#owner
  }

  containerName(server: string): string {
    return `${this.#namePrefix}-${server}`
  }

  async hasImage(image: string): Promise<boolean> {
    return !(await this.command(['image', 'inspect', '--format', '{{.Id}}', image])).failed
  }

  async fetchImage(image: string): Promise<void> {
    const pull = await this.command(['pull', '--quiet', image])
    if (!pull.failed) return
    throw new StackError(
      'docker',
      `The image ${image} could not be fetched.`,
      `${whatElse(`Try docker pull ${image}, or load it with docker load`)}\n${said(pull.all)}`,
    )
  }

  /** Removes what containers there are of this state directory, running or not. */
  async removeContainers(): Promise<void> {
    const list = await this.command(['ps', '--all', '--quiet', '--filter', `label=${this.label}`])
    if (list.failed) throw noAnswer(list.all)
    const ids = list.stdout.split('\n').filter(Boolean)
    if (ids.length > 0) await this.command(['rm', '--force', '--volumes', ...ids])
  }

  /** Runs docker with these arguments to its end; never rejects. */
  async command(args: readonly string[]) {
    // Loading it takes longer than most of what is done without an engine.
    const { execa } = await import('execa')
    return execa(this.program, args, { env: this.env, extendEnv: false, reject: false, all: true })
  }
}

function noAnswer(output: string): StackError {
  return new StackError(
    'docker',
    'The Docker engine does not answer.',
    `${whatElse('Start Docker, and see that you may use it (docker info)')}\n${said(output)}`,
  )
}

function said(output: string): string {
  return `docker said:\n${output.trim()}`
}

function whatElse(remedy: string): string {
  return `${remedy}; or install Redis and MariaDB on this machine and unset GUILDHALL_SERVERS.`
}
