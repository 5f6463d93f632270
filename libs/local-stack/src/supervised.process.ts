import { endDaemon, signalDaemon, spawnDaemon, untilReady, type Daemon, type Exit } from './daemon.js'
import type { ProcessPlan } from './process.plan.js'
import type { ProcessRegister } from './process.register.js'
import { restartDelayMs } from './restart.policy.js'
import { StackError } from './stack.error.js'

export interface ProcessEvents {
  /** A new life has begun, the first one included. */
  onSpawn(name: string, pid: number): void
  /** A life ended that nobody had asked to end. */
  onExit(name: string, exit: Exit, restartInMs: number): void
}

/** A process that is started again whenever it dies, from the moment it was ready once until it is stopped. */
export class SupervisedProcess {
  #daemon: Daemon | undefined
  #isWanted = false
  #delayMs = 0
  #restart: NodeJS.Timeout | undefined

  constructor(
    readonly plan: ProcessPlan,
    private readonly register: ProcessRegister,
    private readonly events: ProcessEvents,
  ) {}

  /** Undefined while it is down. */
  get pid(): number | undefined {
    return this.#daemon?.exit() === undefined ? this.#daemon?.pid : undefined
  }

  /** @throws StackError when it does not become ready; it is gone then */
  async start(): Promise<void> {
    this.#isWanted = true
    const daemon = this.#spawn()
    try {
      await untilReady(this.plan, daemon)
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#delayMs = 0
    void daemon.exited.then((exit) => this.#onExit(daemon, exit))
  }

  /** Resolves once it is gone. Idempotent. */
  async stop(): Promise<void> {
    this.#isWanted = false
    clearTimeout(this.#restart)
    if (this.#daemon !== undefined) await endDaemon(this.plan, this.#daemon)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Sends a signal to the present life; after SIGKILL resolves once that life is over. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon
    if (daemon === undefined || daemon.exit() !== undefined) {
      throw new StackError(this.plan.name, `${this.plan.name} is not running.`, 'Wait until it is up again.')
    }
    signalDaemon(daemon, signal)
    if (signal === 'SIGKILL') await daemon.exited
  }

  #spawn(): Daemon {
    const { name, marker } = this.plan
    const daemon = spawnDaemon(this.plan)
    this.register.add(name, daemon.pid, marker)
    void daemon.exited.then(() => this.register.remove(name, daemon.pid))
    this.#daemon = daemon
    this.events.onSpawn(name, daemon.pid)
    return daemon
  }

  #onExit(daemon: Daemon, exit: Exit): void {
    if (!this.#isWanted || daemon !== this.#daemon) return
    this.#delayMs = restartDelayMs(this.#delayMs, exit.livedMs)
    this.events.onExit(this.plan.name, exit, this.#delayMs)
    this.#restart = setTimeout(() => this.#revive(), this.#delayMs)
  }

  #revive(): void {
    if (!this.#isWanted) return
    try {
      const daemon = this.#spawn()
      void daemon.exited.then((exit) => this.#onExit(daemon, exit))
    } catch {
      // The program itself is missing for the moment, as while packages are upgraded.
      this.#delayMs = restartDelayMs(this.#delayMs, 0)
      this.#restart = setTimeout(() => this.#revive(), this.#delayMs)
    }
  }
}
