import { join } from 'node:path'

import { serviceNames, type ServiceName } from '@guildhall/contracts'
import type { StreamsAddress } from '@guildhall/redis-streams/provisioning'

import { writeClientFiles } from './client.files.js'
import type { Exit } from './daemon.js'
import { stopOnSignals } from './exit.signals.js'
import { ambientConfig } from './local-stack.config.js'
import { parseMountRoot } from './mount.roots.js'
import { planPorts } from './port.plan.js'
import { ProcessGroup } from './process.group.js'
import { endLeftovers } from './process.register.js'
import { instanceOf, planService } from './service.plan.js'
import { StackError } from './stack.error.js'
import type { StackOptions } from './stack.options.js'
import {
  keepRedisProvisioned,
  loadMariadbProvisioning,
  provisionMariadb,
  provisionRedis,
  writeAccessList,
} from './stack.provisioning.js'
import { removeStackInfo, writeStackInfo, type StackInfo } from './stack.record.js'
import { stackServers, type StackServers } from './stack.servers.js'
import { makeStateDir, stateDirAt, type StateDir } from './state.dir.js'
import { takeSupervisorLock } from './supervisor.lock.js'

/** A process of the stack. */
export type StackProcess = ServiceName | 'redis' | 'mariadb'
export type ExitListener = (name: StackProcess, exit: Exit, restartInMs: number) => void

/** A running stack, supervised by this process: what dies is started again. */
export interface Stack {
  readonly info: StackInfo
  /** Stops it in order, starts it again and waits until it is ready. */
  restart(name: StackProcess): Promise<void>
  /** Sends a signal; after SIGKILL resolves once that life is over. A process that dies of it is started again. */
  kill(name: StackProcess, signal: NodeJS.Signals): Promise<void>
  /** Undefined while it is down. */
  pid(name: StackProcess): number | undefined
  /** Told of each death that nobody had asked for. Returns how to unsubscribe. */
  onExit(listener: ExitListener): () => void
  /** Services first, then the servers; resolves when all are gone. Idempotent. */
  stop(): Promise<void>
}

/**
 * Starts Redis, MariaDB and the services of a checkout. Data of an earlier run is kept; what a killed supervisor left
 * running is ended first.
 *
 * @throws AlreadyRunningError while another supervisor lives for this state directory
 * @throws StackError with step and advice; nothing is left running
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dir = stateDirAt(options.stateDir ?? join(options.root, '.guildhall'))
  makeStateDir(dir)
  const stack = new LocalStack(options, dir, takeSupervisorLock(dir.lockFile, dir.path))
  try {
    await stack.start()
    return stack
  } catch (error) {
    await stack.stop()
    throw error
  }
}

class LocalStack implements Stack {
  readonly #ambient = ambientConfig()
  readonly #services: readonly ServiceName[]
  readonly #shards: readonly string[]
  readonly #group: ProcessGroup
  readonly #listeners = new Set<ExitListener>()
  readonly #startedAt = new Date().toISOString()
  readonly #forgetSignals: () => void
  #ports: Record<StackProcess, number> | undefined
  #redis: StreamsAddress | undefined
  #servers: StackServers | undefined
  readonly #stopping = new AbortController()
  #keeping: Promise<void> | undefined
  #isReady = false
  #stopped: Promise<void> | undefined

  constructor(
    private readonly options: StackOptions,
    private readonly dir: StateDir,
    private readonly releaseLock: () => void,
  ) {
    this.#services = options.services ?? serviceNames
    this.#shards = options.shards ?? ['main']
    this.#group = new ProcessGroup(dir.processesFile, {
      onSpawn: () => this.#record(),
      onExit: (name, exit, restartInMs) => {
        this.#record()
        for (const listener of this.#listeners) listener(name as StackProcess, exit, restartInMs)
      },
    })
    this.#forgetSignals = options.exitSignals === false ? () => {} : stopOnSignals(() => this.stop())
  }

  async start(): Promise<void> {
    const { root, mounts = [root] } = this.options
    const shards = this.#shards
    const mountRoots = mounts.map((mount) => parseMountRoot(mount, this.dir.path))
    await endLeftovers(this.dir.processesFile)
    const servers = stackServers(this.dir, this.#ambient)
    this.#servers = servers
    await servers.prepare((step, work) => this.#step(step, work))
    const ports = await planPorts<StackProcess>(this.dir.portsFile, ['redis', 'mariadb', ...serviceNames])
    this.#ports = ports
    const redis = await this.#redisAddress(ports.redis)
    const redisUrl = this.options.redisUrl ?? `redis://127.0.0.1:${ports.redis}`
    this.#redis = redis
    writeClientFiles(this.dir, redisUrl, shards)

    await this.#step('Redis and MariaDB', () =>
      allOrFirstError([
        (async () => {
          await writeAccessList(this.dir, shards)
          if (this.options.redisUrl === undefined) await this.#group.start(await servers.redis(ports.redis))
          await provisionRedis(servers, redis)
          this.#keeping = keepRedisProvisioned(servers, redis, this.#stopping.signal, (text) =>
            this.options.onNotice?.(text),
          )
        })(),
        (async () => this.#group.start(await servers.mariadb(ports.mariadb)))(),
        loadMariadbProvisioning(),
      ]),
    )
    await this.#step('schemas and migrations', () => provisionMariadb(servers, ports.mariadb, this.dir))
    await this.#step(`services: ${this.#services.join(', ')}`, () =>
      allOrFirstError(
        this.#services.map((service) =>
          this.#group.start(
            planService({
              service,
              root,
              dir: this.dir,
              ambient: this.#ambient,
              httpPort: ports[service],
              redisUrl,
              shards,
              mariadbPort: ports.mariadb,
              mountRoots,
              otlpEndpoint: this.options.otlpEndpoint ?? this.#ambient.otlpEndpoint,
              extraEnv: this.options.env?.[service] ?? {},
              readyTimeoutMs: this.options.readyTimeoutMs ?? 30_000,
            }),
          ),
        ),
      ),
    )
    this.#isReady = true
    this.#record()
  }

  async #redisAddress(ownPort: number): Promise<StreamsAddress> {
    const { redisUrl } = this.options
    if (redisUrl === undefined) return { host: '127.0.0.1', port: ownPort }
    const { parseStreamsUrl } = await import('@guildhall/redis-streams/provisioning')
    const address = parseStreamsUrl(redisUrl)
    if (address) return address
    throw new StackError(
      'address of Redis',
      `${JSON.stringify(redisUrl)} is no address of Redis`,
      'Give redis://<host>:<port>, or redis+cluster://<host>:<port>,<host>:<port>.',
    )
  }

  get info(): StackInfo {
    const ports = this.#ports
    const redis = this.#redis
    if (ports === undefined || redis === undefined) throw new Error('the stack has not started')
    const pid = (name: StackProcess) => {
      const found = this.pid(name)
      return found === undefined ? {} : { pid: found }
    }
    return {
      root: this.options.root,
      stateDir: this.dir.path,
      supervisorPid: process.pid,
      startedAt: this.#startedAt,
      servers: this.#ambient.servers,
      shards: this.#shards,
      redis: { host: redis.host, port: redis.port, ...pid('redis') },
      mariadb: { host: '127.0.0.1', port: ports.mariadb, ...pid('mariadb') },
      services: Object.fromEntries(
        this.#services.map((service) => [
          service,
          { ...pid(service), httpPort: ports[service], instance: instanceOf(service) },
        ]),
      ),
    }
  }

  async restart(name: StackProcess): Promise<void> {
    await this.#group.get(name).restart()
  }

  async kill(name: StackProcess, signal: NodeJS.Signals): Promise<void> {
    await this.#group.get(name).kill(signal)
  }

  pid(name: StackProcess): number | undefined {
    return this.#group.pidOf(name)
  }

  onExit(listener: ExitListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#isReady = false
    try {
      await this.#step('stopping', async () => {
        this.#stopping.abort()
        await this.#keeping
        await this.#group.stop(['redis', 'mariadb'])
        await this.#servers?.cleanUp()
      })
    } finally {
      removeStackInfo(this.dir)
      this.releaseLock()
      this.#forgetSignals()
    }
  }

  async #step<T>(step: string, work: () => Promise<T>): Promise<T> {
    this.options.onProgress(step)
    const result = await work()
    this.options.onProgress(step, true)
    return result
  }

  #record(): void {
    if (this.#isReady) writeStackInfo(this.dir, this.info)
  }
}

// Waits for all of them even when one fails, so that nothing is still being started while the rest is stopped.
async function allOrFirstError(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works)
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
