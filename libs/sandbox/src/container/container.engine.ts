import type { Duplex, Writable } from 'node:stream'
import { containerBody, type ContainerPlan } from './container.body.js'
import { EngineClient, EngineError } from './engine.client.js'

/** What the engine says of itself, as far as it matters here. */
export interface EngineFacts {
  osType: string
  /** Like `name=seccomp,profile=default`. */
  securityOptions: readonly string[]
  boundsMemory: boolean
  boundsProcesses: boolean
  /** Like 4.3.1; undefined when it is Docker. */
  podmanVersion: string | undefined
}

export interface EngineImage {
  /** Digest of its content. */
  id: string
  hasVolumes: boolean
}

export interface ContainerState {
  /** On the host; 0 unless it runs. */
  pid: number
  exitCode: number
  isOutOfMemory: boolean
  /** Why it could not start. */
  error: string
}

interface Fields {
  [name: string]: unknown
}

/** The few requests of the Engine API that calls need, as Docker understands them. */
export class ContainerEngine {
  protected readonly client: EngineClient

  constructor(readonly socketPath: string) {
    this.client = new EngineClient(socketPath)
  }

  async facts(): Promise<EngineFacts> {
    const info = asFields(await this.client.ask({ method: 'GET', path: '/info' }))
    const version = asFields(await this.client.ask({ method: 'GET', path: '/version' }))
    const parts = Array.isArray(version['Components']) ? version['Components'].map(asFields) : []
    const podman = parts.find((part) => part['Name'] === 'Podman Engine')
    return {
      osType: asText(info['OSType']),
      securityOptions: asTexts(info['SecurityOptions']),
      boundsMemory: info['MemoryLimit'] === true && info['SwapLimit'] === true,
      boundsProcesses: info['PidsLimit'] === true,
      podmanVersion: podman === undefined ? undefined : asText(podman['Version']),
    }
  }

  /** Undefined when the engine has no such image. */
  async findImage(name: string): Promise<EngineImage | undefined> {
    // A name's slashes are the path's.
    const path = `/images/${name.split('/').map(encodeURIComponent).join('/')}/json`
    const found = await unlessMissing(this.client.ask({ method: 'GET', path }))
    if (found === undefined) return undefined
    const image = asFields(found)
    const config = asFields(image['Config'] ?? {})
    return {
      id: asText(image['Id']),
      hasVolumes: Object.keys(asFields(config['Volumes'] ?? {})).length > 0,
    }
  }

  /** @returns its id */
  async create(name: string, plan: ContainerPlan): Promise<string> {
    const path = `/containers/create?name=${encodeURIComponent(name)}`
    return idOf(await this.client.ask({ method: 'POST', path, body: containerBody(plan) }))
  }

  /** Its streams, multiplexed. Before it starts, so that nothing is missed. */
  attach(id: string): Promise<Duplex> {
    return this.client.open(`/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`)
  }

  /**
   * Where the input of a started container is written; its end is the command's end of input.
   *
   * @param connection from `attach`
   * @param _init its first process
   * @throws EngineError
   */
  openInput(connection: Duplex, _init: number): Writable {
    return connection
  }

  async start(id: string): Promise<void> {
    await this.client.ask({ method: 'POST', path: `/containers/${id}/start` })
  }

  /** What runs in it is about to be dead; does nothing when nothing does. */
  async kill(id: string): Promise<void> {
    await unlessMissing(this.client.ask({ method: 'POST', path: `/containers/${id}/kill?signal=KILL` }))
  }

  /** Resolves when every process of a started container is dead. */
  async waitForEnd(id: string): Promise<void> {
    const path = `/containers/${id}/wait?condition=not-running`
    await this.client.ask({ method: 'POST', path, withinMs: Infinity })
  }

  async state(id: string): Promise<ContainerState> {
    const found = asFields(await this.client.ask({ method: 'GET', path: `/containers/${id}/json` }))
    const state = asFields(found['State'])
    return {
      pid: Number(state['Pid'] ?? 0),
      exitCode: Number(state['ExitCode'] ?? 0),
      isOutOfMemory: state['OOMKilled'] === true,
      error: typeof state['Error'] === 'string' ? state['Error'] : '',
    }
  }

  /** Ends it when it runs. Resolves when it is dead and gone; idempotent. */
  async remove(id: string): Promise<void> {
    await unlessMissing(this.client.ask({ method: 'DELETE', path: `/containers/${id}?force=1&v=1` }))
  }

  /** Containers with the label, by id, with its value; running or not. */
  async labelled(label: string): Promise<Map<string, string>> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
    const found = await this.client.ask({ method: 'GET', path: `/containers/json?all=1&filters=${filters}` })
    const containers = Array.isArray(found) ? found.map(asFields) : []
    return new Map(containers.map((one) => [asText(one['Id']), asText(asFields(one['Labels'])[label])]))
  }
}

/** @throws EngineError when it is no answer to a creation */
export const idOf = (created: unknown): string => asText(asFields(created)['Id'])

function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof EngineError && error.status === 404) return undefined
    throw error
  })
}

function asFields(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new EngineError(0, 'the engine answered something else than its API says')
}

function asText(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new EngineError(0, 'the engine answered something else than its API says')
}

const asTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
