import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../running.stack.js'
import type { RoleOrders, RoleReport, RoleRequest } from './role.orders.js'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** How a process of the rig is run. */
export interface RolePlan {
  /** Of the process, the same over restarts as the product's supervisor has it. */
  name: string
  main: string
  env: Record<string, string>
  logFile: string
  /** A worker gets these and says when it is ready. */
  orders?: RoleOrders
  /** A service of the product answers here when it is ready. */
  httpPort?: number
}

const restartAfterMs = 100
// Of a loaded machine: what is claimed about the product has limits of its own.
const startedWithinMs = 180_000
const probe = join(root, 'e2e', 'chaos', 'role.probe.ts')

/** One process on compiled code, started again whenever it dies until it is stopped. */
export class RoleProcess {
  readonly reports: RoleReport[] = []
  #child: ChildProcess | undefined
  #isReady = false
  #isWanted = false
  #restart: NodeJS.Timeout | undefined
  /** Lives so far. */
  starts = 0

  constructor(readonly plan: RolePlan) {}

  get name(): string {
    return this.plan.name
  }

  get isReady(): boolean {
    return this.#isReady
  }

  async start(): Promise<void> {
    this.#isWanted = true
    this.#spawn()
    await this.untilReady()
  }

  async untilReady(): Promise<void> {
    await until(() => this.#isReady, `${this.name} is ready`, startedWithinMs)
  }

  /** SIGKILL; resolves when it is gone. It comes back by itself. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGKILL, and nobody starts it again until start() is called. */
  async killForGood(): Promise<void> {
    this.#isWanted = false
    await this.#end('SIGKILL')
  }

  /** SIGTERM; resolves when it has ended by itself and its successor is ready. */
  async roll(): Promise<void> {
    await this.#end('SIGTERM')
    await until(() => this.#isReady, `${this.name} is back`, startedWithinMs)
  }

  async stop(): Promise<void> {
    this.#isWanted = false
    clearTimeout(this.#restart)
    await this.#end('SIGTERM')
  }

  tell(request: RoleRequest): void {
    if (this.#child?.connected) this.#child.send(request)
  }

  /** What its heap holds after a collection. */
  async heapUsedBytes(): Promise<number> {
    const before = this.reports.length
    this.tell({ ask: 'memory' })
    const answer = () => this.reports.slice(before).find((one) => one.report === 'memory')
    await until(() => answer() !== undefined, `${this.name} tells its memory`)
    return answer()?.heapUsedBytes ?? NaN
  }

  #spawn(): void {
    const { main, env, logFile, orders, httpPort } = this.plan
    const log = openSync(logFile, 'a')
    const imports = ['reflect-metadata', probe].flatMap((module) => ['--import', module])
    const child = fork(main, {
      cwd: root,
      env,
      execArgv: ['--expose-gc', ...imports],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    this.#isReady = false
    this.starts += 1
    child.on('error', () => {})
    child.on('message', (report: RoleReport) => {
      if (report.report === 'ready') this.#isReady = true
      else this.reports.push(report)
    })
    child.once('exit', () => this.#onExit(child))
    if (orders) this.tell({ orders })
    if (httpPort !== undefined) void this.#watch(child, httpPort)
  }

  #onExit(child: ChildProcess): void {
    if (child !== this.#child) return
    this.#isReady = false
    if (this.#isWanted) this.#restart = setTimeout(() => this.#spawn(), restartAfterMs)
  }

  async #watch(child: ChildProcess, port: number): Promise<void> {
    while (child === this.#child && child.exitCode === null && child.signalCode === null) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.ok && child === this.#child) {
        this.#isReady = true
        return
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    this.#isReady = false
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
