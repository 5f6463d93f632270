import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FromRole, RoleSettings, ToRole } from './role.protocol.js'

const answerWithinMs = 180_000

export interface RoleProgram {
  /** In messages. */
  name: string
  /** The compiled program. */
  file: string
  env?: Record<string, string>
  /** What Node is told; absent: nothing, as is usual. */
  nodeOptions?: readonly string[]
  /** Modules to load before the program. */
  imports?: string[]
  logFile: string
  /** Folder for a CPU profile of its life; absent: none. */
  profileDir?: string | undefined
}

/** One part of a scenario, in a process of its own. */
export class RoleProcess {
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >()
  readonly #ready = Promise.withResolvers<void>()
  readonly #died = Promise.withResolvers<never>()
  #asked = 0
  #isStopping = false

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    private readonly logFile: string,
  ) {
    child.on('message', (message: FromRole) => this.#hear(message))
    child.once('exit', (code, signal) => {
      this.#fail(new Error(`${name} ended (${signal ?? code}); its last lines:\n${lastLines(logFile)}`))
    })
    this.#ready.promise.catch(() => {})
    this.#died.promise.catch(() => {})
  }

  /** Starts a program; with settings it is a role that says when it is ready, and this waits for it. */
  static async start(program: RoleProgram, settings?: RoleSettings): Promise<RoleProcess> {
    const { name, file, env = {}, nodeOptions = [], imports = [], logFile, profileDir } = program
    const log = openSync(logFile, 'a', 0o600)
    const child = fork(file, {
      execArgv: [
        ...nodeOptions,
        ...imports.flatMap((module) => ['--import', module]),
        ...(profileDir === undefined
          ? []
          : ['--cpu-prof', `--cpu-prof-dir=${join(profileDir, name.replaceAll(' ', '-'))}`]),
      ],
      env,
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    const role = new RoleProcess(name, child, logFile)
    if (settings) {
      child.send({ settings } satisfies ToRole)
      await role.#ready.promise
    }
    return role
  }

  /** Rejects when the process ends without having been told to. */
  get died(): Promise<never> {
    return this.#died.promise
  }

  /** @throws Error when the process ends, fails, or does not come to an end of it in three minutes. */
  run<T>(order: object): Promise<T> {
    return this.#ask((id) => ({ id, ask: 'run', order })) as Promise<T>
  }

  /** CPU that the process has used so far. */
  cpuMs(): Promise<number> {
    return this.#ask((id) => ({ id, ask: 'cpu' })) as Promise<number>
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const tooLate = setTimeout(() => this.child.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(tooLate)
  }

  #ask(message: (id: number) => ToRole): Promise<unknown> {
    const id = ++this.#asked
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(
        () =>
          reject(
            new Error(`${this.name} gave no answer in time; its last lines:\n${lastLines(this.logFile)}`),
          ),
        answerWithinMs,
      )
      const settle =
        <A extends unknown[]>(then: (...args: A) => void) =>
        (...args: A) => {
          clearTimeout(tooLate)
          this.#waiting.delete(id)
          then(...args)
        }
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) })
      this.child.send(message(id), (error) => {
        if (error) this.#waiting.get(id)?.reject(error)
      })
    })
  }

  #hear(message: FromRole): void {
    if ('ready' in message) this.#ready.resolve()
    else if ('error' in message)
      this.#waiting.get(message.id)?.reject(new Error(`${this.name}: ${message.error}`))
    else this.#waiting.get(message.id)?.resolve(message.answer)
  }

  #fail(error: Error): void {
    this.#ready.reject(error)
    if (!this.#isStopping) this.#died.reject(error)
    for (const { reject } of [...this.#waiting.values()]) reject(error)
  }
}

// The log goes with the folder of the run.
function lastLines(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-10).join('\n')
}
