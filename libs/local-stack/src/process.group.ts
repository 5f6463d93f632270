import type { ProcessPlan } from './process.plan.js'
import { ProcessRegister } from './process.register.js'
import { StackError } from './stack.error.js'
import { SupervisedProcess, type ProcessEvents } from './supervised.process.js'

/** The supervised processes of one stack, by name. */
export class ProcessGroup {
  readonly #processes = new Map<string, SupervisedProcess>()
  readonly #register: ProcessRegister
  #isClosed = false
  readonly #atExit = () => this.#register.signalAll('SIGTERM')

  constructor(
    registerFile: string,
    private readonly events: ProcessEvents,
  ) {
    this.#register = new ProcessRegister(registerFile)
    process.on('exit', this.#atExit)
  }

  /** Starts a process and waits until it is ready. @throws StackError when it does not get there, or the group is closed */
  async start(plan: ProcessPlan): Promise<void> {
    if (this.#isClosed) throw new StackError(plan.name, 'Stopped while starting.', 'Start again.')
    const supervised = new SupervisedProcess(plan, this.#register, this.events)
    this.#processes.set(plan.name, supervised)
    await supervised.start()
  }

  /** @throws StackError for a name that is not part of this stack */
  get(name: string): SupervisedProcess {
    const found = this.#processes.get(name)
    if (found === undefined) {
      const known = [...this.#processes.keys()].join(', ')
      throw new StackError(name, `${name} is not part of this stack.`, `It has: ${known || 'nothing yet'}.`)
    }
    return found
  }

  pidOf(name: string): number | undefined {
    return this.#processes.get(name)?.pid
  }

  /**
   * Ends everything: all but `last` first, those then. From the call on nothing new starts.
   *
   * @throws StackError when a process survives SIGKILL
   */
  async stop(last: readonly string[]): Promise<void> {
    this.#isClosed = true
    const isLast = (name: string) => last.includes(name)
    const names = [...this.#processes.keys()]
    for (const wave of [names.filter((name) => !isLast(name)), names.filter(isLast)]) {
      await Promise.all(wave.map((name) => this.get(name).stop()))
    }
    process.off('exit', this.#atExit)
    const left = this.#register.running()
    if (left.length > 0) {
      throw new StackError(
        'stop',
        `Still running after SIGKILL: ${left.join(', ')}.`,
        'Look at them with ps.',
      )
    }
  }
}
