import { constants, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Duplex, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { identify, isAlive } from '../watch/process-identity.js'
import type { ContainerPlan } from './container.body.js'
import { ContainerEngine, idOf } from './container.engine.js'
import { EngineError } from './engine.client.js'
import { podmanBody } from './podman.body.js'

const LOOK_EVERY_MS = 10

/** Podman, which differs from Docker in how containers are asked for and how their end is learned. */
export class PodmanEngine extends ContainerEngine {
  override async create(name: string, plan: ContainerPlan): Promise<string> {
    // It takes a profile by its path only, and has read it when it answers.
    const profile = join(plan.folder, 'seccomp.json')
    await writeFile(profile, plan.seccompProfile, { mode: 0o600 })
    const body = { name, ...podmanBody(plan, profile) }
    return idOf(await this.client.ask({ method: 'POST', path: '/v4.0.0/libpod/containers/create', body }))
  }

  /**
   * The pipe itself: Podman loses what a command said last when it ends without having read all that came over the
   * connection.
   */
  override openInput(connection: Duplex, init: number): Writable {
    const input = new Socket({ fd: openPipe(`/proc/${init}/fd/0`), readable: false, writable: true })
    // Podman holds the pipe as well.
    return input.once('close', () => connection.end())
  }

  /** Podman tells after it has cleaned up, which is late: so this looks at the container's first process. */
  override async waitForEnd(id: string): Promise<void> {
    for (let state = await this.state(id); state.pid !== 0; state = await this.state(id)) {
      const init = identify(state.pid)
      do await delay(LOOK_EVERY_MS)
      while (isAlive(init))
    }
  }
}

function openPipe(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw new EngineError(0, `the container's input cannot be opened: ${(error as Error).message}`)
  }
}
