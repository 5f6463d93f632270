import { execa } from 'execa'

import type { AmbientConfig } from './local-stack.config.js'
import { requireProgram } from './search.path.js'
import { sha256Hex } from './secret.files.js'
import { StackError } from './stack.error.js'

/** The docker program, and the label by which the containers of one state directory are known. */
export class DockerEngine {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly label: string

  constructor(ambient: AmbientConfig, stateDir: string) {
    this.program = requireProgram('docker', 'docker', 'docker.io', ambient.path)
    this.env = { PATH: ambient.path, HOME: ambient.home, ...ambient.docker }
    this.label = `guildhall.state=${sha256Hex(stateDir).slice(0, 16)}`
  }

  /** Fetches an image that this engine lacks. */
  async provideImage(image: string): Promise<void> {
    if ((await this.#run(['image', 'inspect', image])).exitCode === 0) return
    const pull = await this.#run(['pull', image])
    if (pull.exitCode !== 0) {
      throw new StackError(
        'docker',
        `The image ${image} could not be fetched.`,
        `docker said:\n${pull.all ?? ''}`,
      )
    }
  }

  /** Removes what containers there are of this state directory, running or not. */
  async removeContainers(): Promise<void> {
    const list = await this.#run(['ps', '--all', '--quiet', '--filter', `label=${this.label}`])
    if (list.exitCode !== 0) {
      throw new StackError('docker', 'The Docker engine does not answer.', `docker said:\n${list.all ?? ''}`)
    }
    const ids = (list.stdout ?? '').split('\n').filter(Boolean)
    if (ids.length > 0) await this.#run(['rm', '--force', '--volumes', ...ids])
  }

  #run(args: string[]) {
    return execa(this.program, args, { env: this.env, extendEnv: false, reject: false, all: true })
  }
}
