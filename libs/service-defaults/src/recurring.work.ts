import type { ServiceLogger } from './service.logger.js'

interface RecurringWorkOptions {
  /** Pause before each time, in ms. */
  everyMs: number
  work: () => Promise<unknown>
  /** Said once when the work fails, and not again before it has worked in between. */
  failure: string
  logger: Pick<ServiceLogger, 'error'>
}

/** Does some work again and again, one time after the other; a time that fails is followed by the next. */
export class RecurringWork {
  private timer: NodeJS.Timeout | undefined
  private working: Promise<void> = Promise.resolve()
  private isStopped = false
  private isFailing = false

  constructor(private readonly options: RecurringWorkOptions) {}

  start(): void {
    if (this.isStopped) return
    this.timer = setTimeout(() => {
      this.working = this.once().finally(() => {
        this.start()
      })
    }, this.options.everyMs)
  }

  /** Begins nothing more, and resolves when what was begun has ended. */
  async stop(): Promise<void> {
    this.isStopped = true
    clearTimeout(this.timer)
    await this.working
  }

  private async once(): Promise<void> {
    const { work, failure, logger } = this.options
    try {
      await work()
      this.isFailing = false
    } catch (error) {
      // Each time while MySQL is away would bury everything else.
      if (!this.isFailing) logger.error({ err: error }, failure)
      this.isFailing = true
    }
  }
}
